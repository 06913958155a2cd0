# SPDX-License-Identifier: MIT
"""Every text is read by our program; the map that it rebuilds of each dump, and its figures, have to be those that
the firmware printed, as the parser of tests/oracle reads them, letter by letter."""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("tools", "oracle"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import hs_test  # noqa: E402
import meminfo  # noqa: E402
import qemu_mp  # noqa: E402
from synthetic import Heap, exact, random_area  # noqa: E402

tap = hs_test.Tap()
texts = 0

PROGRAM = """
import micropython, gc
keep = []
micropython.mem_info(1)
for step in range(%(steps)d):
    for i in range(%(n)d):
        keep.append(bytearray(i * 7 %% 90 + 1))
        keep.append({i: [i, (i,)]})
    del keep[::3]
    if step %% 2:
        gc.collect()
    micropython.mem_info(1)
"""


def written(name, text):
    path = os.path.join(hs_test.scratch(), re.sub("[^a-z0-9]+", "-", name.lower()) + ".txt")
    with open(path, "wb") as f:
        f.write(text.encode() if isinstance(text, str) else text)
    return path


def marks(path):
    status, value, err = hs_test.cli_json("marks", path)
    return status, (value or {}).get("marks", []), err


def rebuilt(path, mark):
    done = hs_test.cli("map", "--style", "meminfo", "--at", "event:%d" % mark["event"], path)
    return meminfo.parse(done.out)


def check_maps(name, path, wanted):
    """`wanted`: (maps, total, used) of each dump."""
    global texts
    texts += 1
    status, found, err = marks(path)
    why = "" if status == 0 and len(found) == len(wanted) else "status %s, %d dumps of %d: %s" % (status, len(found), len(wanted), err)
    for i, (mark, (maps, total, used)) in enumerate(zip(found, wanted)):
        if why:
            break
        if (mark["used_bytes"], mark["used_bytes"] + mark["free_bytes"]) != (used, total):
            why = "dump %d: %s, wanted total %d, used %d" % (i, mark, total, used)
        elif maps is not None and rebuilt(path, mark).areas != maps:
            why = "dump %d: the map is another one" % i
    tap.check(name, not why, why)


# ---- real ones ----

def dumps_in(text):
    """(maps, total, used) of each dump in what a firmware printed."""
    parts = re.split(r"(?m)^(?=GC: total:)", text)[1:]
    infos = [meminfo.parse(p) for p in parts]
    return [(i.areas, i.figures["total"], i.figures["used"]) for i in infos]


def check_real(name, text):
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    wanted = dumps_in(text)
    if not wanted:
        tap.check(name, False, "the firmware printed no dump:\n" + text[-400:])
        return
    check_maps(name, written(name, text), wanted)


def real_unix():
    for firmware in hs_test.UNIX:
        for heap in ("40k", "64k", "120k", "1m", "2m"):
            for plain in (True, False) if heap in ("64k", "1m") else (True,):
                program = written("program", PROGRAM % dict(steps=3, n=60))
                done = hs_test.run([hs_test.firmware(firmware, plain), "-X", "heapsize=" + heap, program])
                check_real("real: %s%s, heap %s" % (firmware, "" if plain else " with hooks", heap), done.out)


def real_qemu():
    for plain in (True, False):
        with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU, plain)) as board:
            for n in (5, 60, 200):
                out, _ = board.run(PROGRAM % dict(steps=2, n=n), timeout=60)
                check_real("real: qemu-arm%s, %d objects a step" % ("" if plain else " with hooks", n), out)


# ---- synthetic ones: forms of other versions ----

def wanted_of(*heaps):
    return [(h.maps, h.figures()["total"], h.figures()["used"]) for h in heaps]


def check_synthetic(name, text, *heaps):
    check_maps("synthetic: " + name, written(name, text), wanted_of(*heaps))


def synthetic_versions():
    esp32 = Heap([random_area(7460, 1)], bases=[0x3ffc2db0])
    esp8266 = Heap([random_area(2372, 2)], bases=[0x3ffeec00])
    psram = Heap([random_area(8192, 9, 0.9) + "." * 130000 + random_area(200, 10)], bases=[0x3f800000])
    host = Heap([random_area(4096, 3)], granule=32, bases=[0x7f12345678a0])
    tiny = Heap([random_area(50, 4)], granule=8, bases=[0x20000100])
    three = Heap([random_area(4096, 5), random_area(8192, 6), random_area(1000, 7)], bases=[0x3fc95000, 0x3d000000, 0x3fce0000])
    empty_end = Heap([random_area(64 * 20, 8) + "." * 64 * 30])
    for version in ("1.8.0", "1.9", "1.11", "1.19", "1.20", "1.25", "1.29", "circuitpython-5", "circuitpython-9"):
        check_synthetic("ESP32 as %s prints it" % version, esp32.text(version), esp32)
    check_synthetic("ESP8266, 1.9", esp8266.text("1.9", "stack: 2128 out of 8192\n"), esp8266)
    check_synthetic("2 MB in PSRAM: offsets of five digits begin again", psram.text("1.19"), psram)
    check_synthetic("2 MB in PSRAM, 1.25", psram.text("1.25"), psram)
    check_synthetic("64 bits, granules of 32 bytes", host.text("1.25", "mem: total=4711, current=12, peak=99\nstack: 1 out of 80000\n"), host)
    check_synthetic("granules of 8 bytes, one line", tiny.text("1.11"), tiny)
    check_synthetic("three areas", three.text("1.25", split=69632), three)
    check_synthetic("no stack check", esp32.text("1.11", "stack: 736\n"), esp32)
    check_synthetic("built for heap comparisons, without the address", esp32.text("1.11", header=False), Heap(esp32.areas, bases=[0]))
    check_synthetic("ends with free lines", empty_end.text("1.20"), empty_end)
    check_synthetic("a map without figures", esp32.map_text("1.20"), esp32)


def synthetic_surroundings():
    a, b = Heap([random_area(1500, 11)]), Heap([random_area(1500, 12)])
    one = a.text("1.20")
    stamps = {
        "picocom": "[12:34:56] ", "Arduino": "12:34:56.789 -> ", "idf_monitor": "I (12345) ", "tio": "[2024-05-01 12:34:56.789] ",
        "quoted": "> ", "epoch": "1714567890.123: ", "indented": "        ", "logcat": "05-01 12:34:56.789  123  456 I mpy: 1: ",
    }
    for tool, stamp in stamps.items():
        check_synthetic("in front of each line what %s writes" % tool, "".join(stamp + l + "\n" for l in one.splitlines()), a)
    for name, end in (("Windows", "\r\n"), ("two CRs", "\r\r\n"), ("old Mac", "\r")):
        check_synthetic("line ends: " + name, one.replace("\n", end), a)
    check_synthetic("a byte order mark", "\ufeff" + one, a)
    check_synthetic("two bytes a character", ("\ufeff" + one.replace("\n", "\r\n")).encode("utf-16-le"), a)
    check_synthetic("blanks of a web page", re.sub(r"(total|used|free|blocks|sz): ", "\\1:\u00a0", one), a)
    noisy = "".join(l + "\n" + ("I (99) wifi: state: run -> auth (b0)\n" if i % 3 else "\n") for i, l in enumerate(one.splitlines()))
    check_synthetic("other lines in between", noisy, a)
    check_synthetic("two dumps and prompts", ">>> import micropython\n>>> micropython.mem_info(1)\n%s>>> x = 1 # hello\n>>> import re\n"
                    ">>> micropython.mem_info(1)\n%s>>> \n" % (one, b.text("1.20")), a, b)
    many = [Heap([random_area(900, 100 + i)]) for i in range(40)]
    check_synthetic("forty dumps", "".join(h.text("1.11") for h in many), *many)
    grown = Heap([a.areas[0], random_area(3000, 13)], bases=[a.bases[0], 0x3d000000])
    check_synthetic("a heap that grows", a.text("1.25", split=9000) + grown.text("1.25", split=100), a, grown)


# ---- the three of the articles: their figures, layouts made up ----

def case_articles():
    re_, network, ujson = (exact(7460, used // 16, ones, twos, 264, run) for used, ones, twos, run in
                           ((6384, 53, 14, 7051), (6560, 58, 17, 7040), (6752, 63, 20, 7035)))
    first = Heap([exact(7460, 6192 // 16, 48, 11, 264, 7065)], bases=[0x3ffc2db0])
    full = Heap([exact(7460, 7088 // 16, 69, 23, 264, 7007)], bases=[0x3ffc2db0])
    banner = "MicroPython v1.11-52-g205c6d0dc on 2019-06-25; ESP32 module with ESP32\n>>> import micropython\n"
    call = ">>> micropython.mem_info()\n"
    text = banner + call + first.figures_text("1.11")
    for name, cells in (("re", re_), ("network", network), ("ujson", ujson)):
        text += ">>> import %s \n%s%s" % (name, call, Heap([cells]).figures_text("1.11"))
    path = written("esp32-imports", text)
    status, found, err = marks(path)
    tap.check("ESP32: imports cost 192, 176 and 192 bytes, without maps",
              [(m["mark"], m["change_bytes"]) for m in found] ==
              [(found[0]["mark"] if found else "", None), ("import re", 192), ("import network", 176), ("import ujson", 192)], found)
    tap.check("ESP32: heap of 119,360 bytes, 6,192 used", found and found[0]["used_bytes"] == 6192 and
              found[0]["used_bytes"] + found[0]["free_bytes"] == 119360, found)
    check_maps("ESP32: 7,088 bytes used, to the block", written("esp32-map", full.text("1.11")), wanted_of(full))
    esp8266 = Heap([exact(2372, 5936 // 16, 31, 23, 264, 1989)], bases=[0x3ffeec00])
    check_maps("ESP8266: heap of 37,952 bytes, to the block", written("esp8266", esp8266.text("1.11")), wanted_of(esp8266))
    s3 = "stack: 736 out of 15360\nGC: total: 127936, used: 126336, free: 1600, max new split: 69632\n" \
         " No. of 1-blocks: 2167, 2-blocks: 365, max blk sz: 282, max free sz: 86\n"
    status, value, _ = hs_test.cli_json("stat", written("s3", s3))
    tap.check("ESP32-S3: 127,936 bytes, 126,336 used, 1,600 free, longest 1,376", status == 0 and value and
              (value["total_bytes"], value["used_bytes"], value["free_bytes"], value["largest_free_bytes"]) ==
              (127936, 126336, 1600, 1376), value)


# ---- types, damage, other commands ----

def case_kinds():
    heap = Heap(["ABDFLMSTh=.." + "S==" * 4 + "." * 40])
    status, value, _ = hs_test.cli_json("report", "--sort", "kind", written("kinds", heap.text()))
    rows = {r["kind"]: r["live_bytes"] for r in (value or {}).get("groups", (value or {}).get("rows", []))}
    tap.check("report --sort kind: by the letters", rows.get("str, bytes") == 16 + 4 * 48 and rows.get("other") == 32 and
              rows.get("list") == 16, rows or list((value or {}).keys()))


def case_damage():
    heap = Heap(["h=.hL=" * 250])
    lines = heap.text("1.20").splitlines(True)
    for name, broken in (("a line is missing", lines[:6] + lines[7:]), ("the end is missing", lines[:-2]),
                         ("a line is cut", lines[:6] + [lines[6][:30] + "\n"] + lines[7:]),
                         ("a granule was changed", lines[:6] + [lines[6].replace("h", ".", 1)] + lines[7:])):
        path = written("damage", "".join(broken))
        status, found, err = marks(path)
        tap.check("damage: %s: exit 2, why and where, figures count" % name,
                  status == 2 and "line" in err and len(found) == 1 and found[0]["used_bytes"] == heap.figures()["used"], (status, err, found))
        done = hs_test.cli("map", path)
        tap.check("damage: %s: no map" % name, done.status == 2 and not meminfo.parse(done.out).areas, done.out[:300])


def timeline(path):
    rows = [r.split(",") for r in hs_test.cli("timeline", "--csv", path).out.decode().split()]
    return [dict(zip(rows[0], r)) for r in rows[1:]]


def check_no_longest(name, text, used, free):
    """Used and free are told; of the longest run and of fragmentation no command says anything."""
    path = written(name, text)
    stat = hs_test.cli_json("stat", path)[1] or {}
    tap.check("%s: stat knows used and free, not the longest run, blocks, runs, fragmentation" % name,
              (stat.get("used_bytes"), stat.get("free_bytes")) == (used, free) and
              [stat.get(k, 0) for k in ("largest_free_bytes", "fragmentation", "blocks", "free_runs")] == [None] * 4, stat)
    rows = timeline(path)
    tap.check("%s: timeline likewise, at all times" % name, rows and all(r["used_min"] == r["used_max"] == str(used) and not any(
        r[k] for k in r if k.startswith(("largest", "fragmentation", "waste"))) for r in rows), rows)
    mark = marks(path)[1][-1]
    tap.check("%s: marks likewise" % name, (mark["largest_free_bytes"], mark["fragmentation"]) == (None, None), mark)
    words = hs_test.cli("timeline", path).out.decode() + hs_test.cli("stat", path).out.decode()
    tap.check("%s: in words" % name, "longest free run (not known)" in words and re.search(r"largest free run +# not known\n +-  blocks +# not known", words) and "-0." not in words, words)
    if tap.needs("%s: as a picture" % name, "CAIRO"):
        picture = os.path.join(hs_test.scratch(), "picture.svg")
        hs_test.cli("timeline", "--svg", picture, path)
        with open(picture) as f:
            drawn = f.read()
        tap.check("%s: as a picture" % name, not re.search(r"[\s\"(,:-](nan|inf)\b", drawn))


def case_no_longest():
    heap = Heap([random_area(4096, 3)], granule=16)
    f = heap.figures()
    line = heap.figures_text("1.25")
    short = re.sub(", max free sz: .*", "", line)
    check_no_longest("no longest run printed", short, f["used"], f["free"])
    free = f["free"] // 16
    longer = re.sub("max free sz: .*", "max free sz: %d" % (2 * free + 9), line)
    check_no_longest("a longest run longer than all that is free", longer, f["used"], f["free"])
    eight = Heap(["." * 200 + "h" * 56], granule=8)
    stat = hs_test.cli_json("stat", written("eight", eight.figures_text("1.11")))[1]
    tap.check("granules of 8 bytes, figures alone: one run, no fragmentation below 0",
              (stat["largest_free_bytes"], stat["fragmentation"]) == (1600, 0), stat)


def case_commands():
    a, b = Heap([random_area(1500, 11)]), Heap([random_area(1500, 12)])
    path = written("commands", a.text("1.20") + "import re\n" + b.text("1.20"))
    hst = os.path.join(hs_test.scratch(), "imported.hst")
    done = hs_test.cli("import", path, "-o", hst)
    tap.check("import makes a .hst of it", done.status == 0 and rebuilt(hst, marks(hst)[1][1]).areas == b.maps, done.err)
    done = hs_test.cli("import", "mem_info", path, "-o", hst)
    tap.check("import mem_info: the same by that word", done.status == 0 and len(marks(hst)[1]) == 2, done.err)
    other = hs_test.cli("import", "mem_info", written("other-text", "hello"), "-o", hst + "2")
    wrong = hs_test.cli("import", "file1", path, "-o", hst + "2")
    tap.check("import mem_info: nothing else will do", other.status == 2 and wrong.status == 2 and b"too many" in wrong.err and
              not os.path.exists(hst + "2"), (other.err, wrong.err))
    done = hs_test.cli("timeline", "--csv", path)
    rows = done.out.decode().splitlines()
    at = rows[0].split(",").index("used_bytes")
    tap.check("timeline has a point for each dump", [int(r.split(",")[at]) for r in rows[1:]] ==
              [a.figures()["used"], b.figures()["used"]], rows)
    one, other = written("one", a.text("1.20")), written("other", b.text("1.20"))
    status, value, err = hs_test.cli_json("compare", one, other)
    tap.check("compare takes them", status in (0, 1) and value is not None, err)
    done = hs_test.cli("stat", "--json", "-", stdin=open(path, "rb"))
    tap.check("from standard input", done.status == 0 and json.loads(done.out)["used_bytes"] == b.figures()["used"], done.err)


real_unix()
real_qemu()
synthetic_versions()
synthetic_surroundings()
case_articles()
case_kinds()
case_damage()
case_no_longest()
case_commands()
tap.check("40 texts and more were read", texts >= 40, texts)
tap.note("%d texts" % texts)
tap.finish()
