# SPDX-License-Identifier: MIT
"""Inputs are made here (logs in the words of ESP-IDF's sources, figures of the articles) or recorded from real
firmwares. Each says which findings it must have; all others must be absent."""
import json
import os
import re
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("tools", "meminfo", "cli"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import hs_test  # noqa: E402
import pasted  # noqa: E402
import printed  # noqa: E402
from synthetic import Heap, random_area  # noqa: E402

tap = hs_test.Tap()
PROGRAMS = os.path.join(HERE, "..", "cli", "programs")

S3_BANNER = "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with ESP32S3\nType \"help()\" for more information.\n"
S3_OCTAL = "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3\n"
S3_FIGURES = """>>> micropython.mem_info()
stack: 736 out of 15360
GC: total: 127936, used: 126336, free: 1600, max new split: 69632
 No. of 1-blocks: 2167, 2-blocks: 365, max blk sz: 282, max free sz: 86
"""
ROOMY = """GC: total: 127936, used: 26336, free: 101600, max new split: 69632
 No. of 1-blocks: 267, 2-blocks: 165, max blk sz: 282, max free sz: 6000
"""
S3_CALLS = ">>> gc.mem_alloc()\n55792\n>>> gc.mem_free()\n93616\n"
MEGABYTES = """>>> micropython.mem_info()
stack: 736 out of 15360
GC: total: 64000, used: 10000, free: 54000, max new split: 8257536
 No. of 1-blocks: 100, 2-blocks: 20, max blk sz: 282, max free sz: 3000
"""
ESP32_FIGURES = """MicroPython v1.11 on 2019-05-29; ESP32 module with ESP32
>>> micropython.mem_info()
stack: 736 out of 15360
GC: total: 119360, used: 6192, free: 113168
 No. of 1-blocks: 48, 2-blocks: 11, max blk sz: 264, max free sz: 7065
"""
QUAD_LOG = """ESP-ROM:esp32s3-20210327
I (23) boot: ESP-IDF v5.0.4 2nd stage bootloader
E (311) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode
E (316) esp_psram: PSRAM enabled but initialization failed. Bailing out.
"""
OCTAL_LOG = """ESP-ROM:esp32s3-20210327
I (250) octal_psram: vendor id    : 0x0d (AP)
I (300) esp_psram: Found 8MB PSRAM device
I (306) esp_psram: Adding pool of 8192K of PSRAM memory to heap allocator
"""

# name, text, codes that must be found, no others
TEXTS = [
    ("S3's figures with the banner of the quad build", S3_BANNER + S3_FIGURES, ["HS-PSRAM-UNUSED"]),
    ("S3's figures with a module that has PSRAM by its name", "ESP32-S3 N16R8\n" + S3_FIGURES + S3_CALLS,
     ["HS-PSRAM-MISSING", "HS-FIGURES-CONTRADICT"]),
    ("octal build on a board without", S3_OCTAL + S3_FIGURES, ["HS-PSRAM-MISSING"]),
    ("with PSRAM there is nothing to say", S3_OCTAL + MEGABYTES, []),
    ("wrong line mode in the boot log", QUAD_LOG, ["HS-PSRAM-NOTFOUND"]),
    ("the same before figures: said once", QUAD_LOG + S3_BANNER + S3_FIGURES, ["HS-PSRAM-NOTFOUND"]),
    ("ESP32: chip not found", "rst:0x1 (POWERON_RESET)\nE (700) quad_psram: PSRAM ID read error: 0xffffffff, PSRAM chip not found or not supported\n",
     ["HS-PSRAM-NOTFOUND"]),
    ("ESP-IDF 4: initialization failed", "E (206) spiram: SPI RAM enabled but initialization failed. Bailing out.\n", ["HS-PSRAM-NOTFOUND"]),
    ("another size", "E (206) spiram: Expected 8192KiB chip but found 4096KiB chip. Bailing out..\n", ["HS-PSRAM-SIZE"]),
    ("memory test", "E (206) esp_psram: SPI SRAM memory test fail. 12/131072 writes failed, first @ 3C000010\n", ["HS-PSRAM-TEST"]),
    ("found, and not in the heap", OCTAL_LOG + S3_BANNER + ROOMY, ["HS-PSRAM-NOTINHEAP"]),
    ("found, and in the heap", OCTAL_LOG + S3_BANNER + MEGABYTES, []),
    ("a plain ESP32", ESP32_FIGURES, []),
    ("a C3 has none", ESP32_FIGURES.replace("ESP32 module with ESP32", "ESP32C3 module with ESP32C3"), []),
    ("figures that agree", ESP32_FIGURES + ">>> gc.mem_alloc()\n6300\n>>> gc.mem_free()\n113060\n", []),
    ("mem_free() with what the heap may grow by", MEGABYTES + ">>> gc.mem_alloc()\n10100\n>>> gc.mem_free()\n8311436\n", []),
    ("sum is no sum", ESP32_FIGURES.replace("free: 113168", "free: 113000"), ["HS-FIGURES-WRONG"]),
    ("longest longer than free", ESP32_FIGURES.replace("7065", "14500"), ["HS-FIGURES-WRONG"]),
    ("fragmented, by figures", ESP32_FIGURES.replace("used: 6192, free: 113168", "used: 60000, free: 59360").replace("7065", "200"), ["HS-FRAG-HIGH"]),
    ("MemoryError on a console", ESP32_FIGURES + "MemoryError: memory allocation failed, allocating 110000 bytes\n", ["HS-HEAP-FAILED"]),
    ("the heap is locked", "MicroPython v1.20 on 2023-04-26; ESP32 module with ESP32\nMemoryError: memory allocation failed, heap is locked\n", ["HS-HEAP-LOCKED"]),
    ("ESP-IDF refuses", "heap_caps_malloc was called but failed to allocate 32768 bytes with 0x808 capabilities. \n", ["HS-IDF-FAILED"]),
    ("ESP-IDF's heap is corrupt", "CORRUPT HEAP: Bad tail at 0x3ffb3b14. Expected 0xbaad5678 got 0xbaac5678\n", ["HS-IDF-CORRUPT"]),
    ("ESP-IDF's heap is in pieces", "Heap summary for capabilities 0x00001000:\n  Totals:\n    free 60000 allocated 200000 min_free 50000 largest_free_block 9000\n",
     ["HS-IDF-PIECES"]),
    ("ESP-IDF's heap is whole", "I (1) ESP-ROM:esp32\n  Totals:\n    free 60000 allocated 200000 min_free 50000 largest_free_block 59000\n", []),
]


def path_of(name):
    return os.path.join(hs_test.scratch(), name)


def codes_of(path, *args, **more):
    status, value, err = hs_test.cli_json("doctor", *args, path, **more)
    return status, sorted(f["code"] for f in (value or {}).get("findings", [])), value or {}, err


def check(name, path, wanted):
    status, codes, value, err = codes_of(path)
    good = codes == sorted(wanted) and status == (1 if wanted else 0)
    tap.check(name, good, "status %s, found %s, wanted %s %s" % (status, codes, wanted, err))
    for f in value.get("findings", []):
        if not (f["verdict"] and f["evidence"] and f["next"] and f["severity"] in ("problem", "warning") and f["check"]):
            tap.check("%s: %s has verdict, evidence and advice" % (name, f["code"]), False, f)
    return value


def texts():
    for name, text, wanted in TEXTS:
        with open(path_of("text.log"), "w") as f:
            f.write(text)
        check(name, path_of("text.log"), wanted)


def pasted_texts():
    for row in pasted.TEXTS + printed.TEXTS:
        for how, text in pasted.variants(row.text):
            with open(path_of("pasted.log"), "w", newline="") as f:
                f.write(text)
            status, codes, value, err = codes_of(path_of("pasted.log"))
            found = value.get("findings", [])
            words = json.dumps(found)
            matters = any(f["severity"] != "note" for f in found)
            lacks = [w for w in row.says if json.dumps(w)[1:-1] not in words]
            wrong = [w for w in row.never if json.dumps(w)[1:-1] in words]
            severity = not row.severity or [f["severity"] for f in found] == [row.severity]
            tap.check("pasted: %s, %s" % (row.name, how), codes == sorted(row.codes) and status == (1 if matters else 0) and not lacks and not wrong and severity,
                      "status %s, found %s, wanted %s, lacks %s, has %s %s\n%s" % (status, codes, row.codes, lacks, wrong, err, words))


def other_texts():
    for row in pasted.OTHERS + printed.OTHERS:
        for how, text in pasted.variants(row.text):
            with open(path_of("other.txt"), "w", newline="") as f:
                f.write(text)
            status, codes, value, err = codes_of(path_of("other.txt"))
            tap.check("no firmware's text: %s, %s" % (row.name, how), status in (0, 2) and not codes, "status %s, found %s" % (status, json.dumps(value)))


def details():
    with open(path_of("s3.log"), "w") as f:
        f.write("ESP32-S3 N16R8\n" + S3_FIGURES + S3_CALLS)
    _, _, value, _ = codes_of(path_of("s3.log"))
    found = {f["code"]: f for f in value["findings"]}
    text = json.dumps(found.get("HS-PSRAM-MISSING"))
    tap.check("S3: evidence names heap and split, advice the octal build",
              "127936" in text and "69632" in text and "8 MB" in text and "SPIRAM_OCT" in text, text)
    text = json.dumps(found.get("HS-FIGURES-CONTRADICT"))
    tap.check("S3: contradiction gives all figures", all(n in text for n in ("55792", "93616", "127936", "126336", "1600", "79776")), text)
    tap.check("S3: the chip's memory, each with its source", value["chip"] == "ESP32-S3" and len(value["memories"]) == 4 and
              all(m["source"] for m in value["memories"]), value)
    status, codes, _, _ = codes_of(path_of("s3.log"))
    with open(path_of("s3.log"), "rb") as f:
        done = subprocess.run([hs_test.CLI, "doctor", "-"], stdin=f, capture_output=True)
    piped = subprocess.run("cat %s | %s doctor -" % (path_of("s3.log"), hs_test.CLI), shell=True, capture_output=True)
    tap.check("from standard input, a file and a pipe: the same", done.stdout == piped.stdout and done.returncode == piped.returncode == 1 and
              b"HS-PSRAM-MISSING" in done.stdout, (done, piped))
    for chip in ("ESP32", "ESP32S2", "ESP32S3", "ESP32C3", "ESP32C6", "ESP8266", "RP2040", "RP2350"):
        with open(path_of("chip.log"), "w") as f:
            f.write("MicroPython v1.25.0 on 2025-04-15; Some board with %s\n" % chip)
        _, _, value, _ = codes_of(path_of("chip.log"))
        tap.check("the table has %s" % chip, (value.get("chip") or "").replace("-", "") == chip and
                  all(m["source"] and int(m["end"], 16) > int(m["base"], 16) for m in value["memories"]), value)


def platforms():
    """The text form says of MicroPython's heap only where MicroPython runs."""
    for name, text, wanted in (("Arduino on an ESP8266", ":oom(1460)@core_esp8266_main.cpp:37\nESP8266\n", False),
                               ("ESPHome", "[I][app:100]: ESPHome version 2024.6.0 compiled on Jun 20 2024\nESP32\n", False),
                               ("MicroPython", "MicroPython v1.23.0 on 2024-06-02; ESP module with ESP8266\n", True)):
        with open(path_of("platform.log"), "w") as f:
            f.write(text)
        done, short = hs_test.cli("doctor", "-v", path_of("platform.log")), hs_test.cli("doctor", path_of("platform.log"))
        tap.check("the chip's table: " + name, (b"MicroPython's heap:" in done.out) == wanted, done.out)
        tap.check("only with -v: " + name, b"of RAM for data inside" in short.out and b" to 0x" in done.out and b" to 0x" not in short.out, short.out)


def traces():
    def record(program, **more):
        path = path_of(program + ".hst")
        hs_test.run_firmware("unix64", ["-X", "heapsize=" + more.pop("heap", "128k"), program + ".py"], cwd=PROGRAMS, trace=path, **more)
        return path
    failed = check("a trace with failed allocations", record("verdicts"), codes_of(record("verdicts"))[1])
    tap.check("it says too large, collector off, locked", [f["code"] for f in failed["findings"]] == ["HS-HEAP-TOO-SMALL", "HS-COLLECT-OFF", "HS-HEAP-LOCKED"], failed)
    with open(path_of("quiet.py"), "w") as f:
        f.write("x = [i for i in range(100)]\n")
    hs_test.run_firmware("unix64", ["-X", "heapsize=1m", path_of("quiet.py")], trace=path_of("quiet.hst"))
    check("a trace without", path_of("quiet.hst"), [])
    with open(path_of("keeps.py"), "w") as f:
        f.write("import sys\nkept = [bytearray(200) for i in range(int(sys.argv[1]))]\n")
    for count, wanted in (("10", []), ("600", ["HS-HEAP-UNCOLLECTED"])):
        hs_test.run_firmware("unix64", ["-X", "heapsize=200k", path_of("keeps.py"), count], trace=path_of("keeps.hst"))
        status, codes, _, _ = codes_of(path_of("keeps.hst"))
        tap.check("%s blocks in use and no collection" % count, (status, codes) == (0, wanted), (status, codes))
    ring = path_of("ring")
    hs_test.run_firmware("unix64", ["-X", "heapsize=128k", "fragment.py"], cwd=PROGRAMS, ring=ring + ":2048")
    status, codes, _, _ = codes_of(ring)
    tap.check("a ring of 2 KB is too small", "HS-RING-SMALL" in codes and status == 1, (status, codes))
    big = path_of("big")
    hs_test.run_firmware("unix64", ["-X", "heapsize=128k", path_of("quiet.py")], ring=big + ":65536")
    check("one of 64 KB is not", big, [])
    with open(big, "r+b") as f:  # the note that a hook leaves when its own allocation passed it by
        f.seek(38)
        f.write(b"\x01")
    check("a self-test that failed", big, ["HS-HOOKS-LOST"])
    with open(path_of("quiet.hst"), "rb") as f:
        cut = f.read()
    with open(path_of("cut.hst"), "wb") as f:
        f.write(cut[:len(cut) // 2])
    status, _, _, err = codes_of(path_of("cut.hst"))
    tap.check("a damaged trace: exit 2", status == 2 and err, (status, err))


def next_steps():
    """Steps that a user can type, none twice; two units of heap sizes are explained once."""
    joins = ("def collect(n):\n    lines = []\n    for i in range(n):\n        lines.append('%06d sensor=%d value=%d.%d ok' % (i * 60, i % 4, i * 3, i % 10))\n"
             "    return lines\n\ndef main():\n    lines = collect(400)\n    text = '-'.join(lines)\n    print(len(text))\n\nmain()\n")
    grows = "kept = []\ndef more(n):\n    for i in range(n):\n        kept.append('a text, %d' % i)\nmore(100000)\n"
    for name, program in (("joins", joins), ("grows it", grows)):
        with open(path_of(name + ".py"), "w") as f:
            f.write(program)
        hs_test.run([hs_test.NATIVE, "record", "-q", "-o", path_of(name + ".hst"), "--", hs_test.firmware("unix32"), "-X", "heapsize=40k",
                     path_of(name + ".py")])  # which notes where the source is
        found = codes_of(path_of(name + ".hst"))[2]["findings"][0]
        steps, explained = found["next"], [e for e in found["evidence"] if "-X heapsize" in e]
        if name == "joins":
            tap.check("parts that are joined: the same is not advised twice", found["code"] == "HS-HEAP-PEAK" and
                      sum("write each part" in s for s in steps) == 1 and "reads: " in found["evidence"][-1] and "tried on this trace" in steps[0], steps)
            size = re.search(r"this heap takes (\d+) with them, (\d+) for blocks", "".join(explained))
            tap.check("the unit of heap sizes is explained once", len(explained) == 1 and size and
                      40 * 1024 - 32 < int(size.group(1)) <= 40 * 1024 and " of %s were free" % size.group(2) in found["evidence"][0], found)
        else:
            why = [s for s in steps if "heapstrata why" in s]
            tap.check("a next step names the trace, which has a blank", found["code"] == "HS-HEAP-GROWING" and len(why) == 1 and
                      why[0].startswith("heapstrata why '%s' '" % path_of("grows it.hst")), steps)


def dumps():
    heap = Heap([random_area(7460, 1)], bases=[0x3ffc2db0])
    with open(path_of("dump.txt"), "w") as f:
        f.write(heap.text("1.11"))
    check("a dump with its map", path_of("dump.txt"), [])
    pieces = Heap(["h==..." * 1200])
    with open(path_of("pieces.txt"), "w") as f:
        f.write(pieces.text("1.11"))
    check("a map all in pieces", path_of("pieces.txt"), ["HS-FRAG-HIGH"])


def facts():
    """A trace of the ESP-IDF component: what its build expects and what was found, in the header's facts."""
    ring = path_of("facts")
    hs_test.run_firmware("unix64", ["-X", "heapsize=1m", path_of("quiet.py")], ring=ring + ":65536")
    with open(ring, "rb") as f:
        image = bytearray(f.read())
    size = int.from_bytes(image[10:12], "little")
    for told, wanted, chip in (("port=esp-idf\0psram_mode=quad\0psram_found=0\0", ["HS-PSRAM-NOTFOUND"], None),
                               ("port=esp-idf\0psram_mode=quad\0psram_found=8388608\0", [], None),
                               ("port=esp32\0", [], None), ("port=esp8266\0", [], "ESP8266")):  # esp32: the port of all chips of that series
        image[56:size] = told.encode().ljust(size - 56, b"\0")
        image[40:44] = zlib.crc32(bytes(image[56:size]), zlib.crc32(bytes(image[:38]))).to_bytes(4, "little")
        with open(path_of("facts.img"), "wb") as f:
            f.write(image)
        told = told.replace("\0", " ")
        check("a trace with the facts " + told, path_of("facts.img"), wanted)
        named = hs_test.cli_json("doctor", path_of("facts.img"))[1]["chip"]
        tap.check("... of the chip " + str(chip), named == chip, named)


def narrow():
    """Comments are wrapped as findings are, on a terminal of 40 columns."""
    with open(path_of("narrow.log"), "w") as f:
        f.write("Adafruit CircuitPython 9.2.4 on 2025-01-29; 01Space 0.42 OLED ESP32C3 with ESP32-C3FH4\n" + S3_FIGURES.replace(">>>", "...") +
                "MemoryError: memory allocation failed, allocating 9589 bytes\n")
    out = hs_test.run([hs_test.CLI, "doctor", "-v", path_of("narrow.log")], env={"COLUMNS": "40"}).out.decode()
    comments = [line for line in out.splitlines() if line.startswith("#")]
    tap.check("comments fit into 40 columns, unless a word is longer", len(comments) > 10 and
              all(len(line) <= 40 or " " not in line[4:].strip() for line in comments), comments)


def marked():
    """Editors of Windows put a byte order mark before a text: its first line is read all the same."""
    outs = []
    for name, mark in (("plain.log", b""), ("marked.log", b"\xef\xbb\xbf")):
        with open(path_of(name), "wb") as f:
            f.write(mark + b"Traceback (most recent call last):\r\n  File \"main.py\", line 3, in <module>\r\n"
                    b"MemoryError: memory allocation failed, allocating 8192 bytes\r\n")
        outs.append(hs_test.run([hs_test.CLI, "doctor", path_of(name)]).out.decode())
    tap.check("a byte order mark", "line 1 (exception)" in outs[0] and outs[0] == outs[1], outs)


def bad():
    for name, data, words in (("text of something else", b"hello\nworld\n", "nothing that the doctor knows"), ("no text", os.urandom(3000), "not a trace"),
                              ("nothing", b"", "empty")):
        with open(path_of("bad"), "wb") as f:
            f.write(data)
        done = hs_test.cli("doctor", path_of("bad"))
        tap.check("bad input: " + name, done.status == 2 and words in done.err.decode(), (done.status, done.err))
    done = hs_test.cli("doctor", path_of("absent"))
    tap.check("bad input: no file", done.status == 2 and b"No such file" in done.err, done.err)


texts()
pasted_texts()
other_texts()
details()
platforms()
traces()
next_steps()
dumps()
facts()
narrow()
marked()
bad()
tap.finish()
