# SPDX-License-Identifier: MIT
"""The hooks in CircuitPython.

1. Each way in which its ports link brings the wraps: port.mk links a stand-in for the interpreter as the port of that name
   does. A link that loses them fails and says why; should one get through, the firmware says so, and doctor knows it.
2. The files compile without a warning under CircuitPython's options, for this computer and for Cortex-M0+ and M4.
3. What they record there: a block that the collector does not look into refers to nothing, and why says nothing of a
   collection that frees what is in the outer heap.
4. The recorder's memory out of the outer heap (room.c): how much, by what setting, and whether the program lacks it.
5. What is shown of traces of the real port (pico.hst: raspberry_pi_pico on an emulated RP2040, by record --serial; net.hst: the
   same with lwIP, whose loopback connects when the interpreter's heap has taken the memory).
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle")]
import hs_test  # noqa: E402
import meminfo  # noqa: E402

tap = hs_test.Tap()
LWIP = os.environ.get("HS_LWIP_SRC") or os.path.join(hs_test.ROOT, "build", "lwip", "src")
HOST = ("HEAPSTRATA_PORT=posix", "CC=gcc")


def build(port, *settings, objects="host"):
    """Makes the stand-in as that port does. What make said, and the program."""
    folder = os.path.join(hs_test.scratch(), port)
    programs = [os.path.join(folder, f) for f in ("firmware.elf", "firmware.out", "firmware.axf")]
    os.makedirs(folder, exist_ok=True)
    for old in filter(os.path.exists, programs):
        os.remove(old)
    done = hs_test.run(["make", "-s", "-k", "-C", folder, "-f", os.path.join(HERE, "port.mk"), "HS=" + hs_test.ROOT, "OUT=" + folder,
                        "BUILD=" + os.path.join(hs_test.scratch(), objects), *settings],
                       env={"MAKEFLAGS": "", "CFLAGS": "", "LDFLAGS": ""}, timeout=600, merge=True)
    return done, next((p for p in programs if os.path.exists(p)), None)


def run(program, *functions, **supervisor):
    trace = os.path.join(hs_test.scratch(), "trace.hst")
    if os.path.exists(trace):
        os.remove(trace)
    said = {"STANDIN_" + key.upper(): str(value) for key, value in supervisor.items()}
    return hs_test.run([program, *functions], env=dict(said, HEAPSTRATA_OUT=trace)), trace


def marks(trace):
    return re.findall(r'MARK .*label="(.*)"', hs_test.cli("dump", "--kind", "mark", trace).out.decode())


# ---- 1: links ----

def links():
    for port in ("raspberrypi", "atmel-samd", "analog", "cxd56", "silabs"):
        done, program = build(port, *HOST)
        out = run(program, "start", "stats")[0].out.decode() if program else ""
        records = re.search(r"^records=(\d+)$", out, re.M)
        tap.check("linked as port %s links: the wraps arrive, and allocations are recorded" % port,
                  done.status == 0 and not done.out and records and int(records.group(1)) > 20, done.out.decode()[-2000:] + out)


def without_outer_heap():
    """espressif has an outer heap of its own, which is not recorded: no wrap of it may be asked for. stm has no sys.platform."""
    done, program = build("espressif", *HOST, "MORE_CFLAGS=-O0 -DSTANDIN_NAMELESS", objects="espressif")
    ran, trace = run(program, "start", "stats") if program else (done, "")
    tap.check("a port whose outer heap is not recorded links, and its interpreter's heap is recorded", done.status == 0 and
              re.search(r"^records=\d\d+$", ran.out.decode(), re.M), done.out.decode()[-2000:] + ran.out.decode())
    text = hs_test.cli("stat", trace).out.decode()
    tap.check("a port without a name has its chip's", ", STM32F405RG, " in text, text[:300])


def lost():
    done, program = build("somewhere", *HOST)
    tap.check("a link that loses the wraps fails, and says so", done.status != 0 and not program and
              b"undefined reference to `hs_wraps_are_missing_at_the_link'" in done.out, done.out.decode()[-2000:])
    log = done.out.decode()
    done, program = build("somewhere", *HOST, "MORE_LDFLAGS=-Wl,--defsym=hs_wraps_are_missing_at_the_link=0")
    out = run(program, "start", "mark", "stats", "dump")[0].out.decode() if program else done.out.decode()
    tap.check("should it succeed, the firmware says that the hooks are not linked", out == 4 * "RuntimeError: the hooks are not linked\n", out)
    for what, text in (("what the linker said", log), ("what the firmware said", out)):
        path = os.path.join(hs_test.scratch(), "log.txt")
        with open(path, "w") as f:
            f.write(text)
        status, data, text = hs_test.cli_json("doctor", path)
        codes = [f["code"] for f in data["findings"]] if data else []
        tap.check("doctor knows " + what, status == 1 and codes == ["HS-HOOKS-UNLINKED"], (status, codes, text))


# ---- 2: compilers ----

def compilers():
    lwip = ("HEAPSTRATA_LWIP=1", "MORE_CFLAGS=-isystem %s/src/include -I%s/include-lwip" % (LWIP, HERE))
    done, _ = build("raspberrypi", *HOST, *lwip, "objects", objects="lwip")
    tap.check("no warning with lwIP, whose elements come from the outer heap", done.status == 0 and not done.out, done.out.decode()[:3000])
    for core in ("-mcpu=cortex-m0plus", "-mcpu=cortex-m4"):
        done, _ = build("nordic", "HEAPSTRATA_PORT=cortexm", "CC=arm-none-eabi-gcc -mthumb " + core, "objects", objects=core)
        tap.check("no warning for %s" % core, done.status == 0 and not done.out, done.out.decode()[:3000])


# ---- 3: what is recorded ----

def recorded():
    done, program = build("raspberrypi", *HOST)
    if not program:
        return
    _, trace = run(program, "snapshot")
    refs = re.findall(r" REFS .* refs=([0-9a-f]*)", hs_test.cli("dump", trace).out.decode())
    groups = [byte for r in refs for byte in bytes.fromhex(r) if byte > 0x80]
    tap.check("of two blocks with an address in them, the one refers to the other that the collector looks into", groups == [0x82], refs)
    base = re.search(r" base=(0x[0-9a-f]+) .*name=\"outer\"", hs_test.cli("dump", trace).out.decode()).group(1)
    done = hs_test.cli("why", trace, base)
    tap.check("why: an address in the outer heap is in no block that a collection frees", done.status == 2 and not done.out and
              b"heap 'outer', which no collection frees" in done.err, (done.out, done.err))


def begun_anew():
    """A recording that begins anew, as `record --serial` does it: the outer heap's region comes before the interpreter's."""
    _, program = build("raspberrypi", *HOST)
    ring = os.path.join(hs_test.scratch(), "ring.bin")
    ran = hs_test.run([program, "stop", "reset", "start", "mark"], env={"HEAPSTRATA_RING": ring + ":8192"}) if program else None
    regions = re.findall(r"^ Region \d+ '(.*)'", hs_test.cli("stat", ring).out.decode(), re.M)
    tap.check("stat has no figures of the outer heap beside the line about it", ran and ran.status == 0 and regions == ["gc"] * 3, regions)


def outer_blocks():
    """Blocks of the outer heap between two marks, against what that heap says is in use."""
    done, program = build("raspberrypi", *HOST)
    if not program:
        return
    for what, says in ((("objects",), "objects that CircuitPython allocates and frees inside the file of port_free are seen"),
                       (("beyond",), "blocks in other memory are left out, whatever way they go"),
                       (("interrupted",), "what an interrupt allocates and frees during an allocation is seen"),
                       (("resized",), "what an interrupt allocates where a resized block was is seen"),
                       (("interrupted", "walked", "snapshot"), "what an interrupt changes while a snapshot is written is seen")):
        ran, trace = run(program, "used", "mark", *what, "mark", "snapshot", "used")
        real = [int(n) for n in re.findall(r"^outer (\d+)$", ran.out.decode(), re.M)]
        seen = [m["used_bytes"] or 0 for m in (hs_test.cli_json("marks", "--heap", "outer", trace)[1] or {}).get("marks", [])]
        stat = hs_test.cli_json("stat", "--heap", "all", trace)[1] or {}
        tap.check(says, ran.status == 0 and len(real) == 2 and len(seen) >= 2 and real[1] > real[0] and seen[-1] - seen[-2] == real[1] - real[0] and
                  {w["what"] for w in stat.get("warnings", [])} <= {"appeared"}, (real, seen, stat.get("warnings"), ran.err))


HOOKS = "circuitpython: "
RUNS = (  # safe mode, run reason; what is recorded at the first start and at the next
    (0, 2, None, "started anew by supervisor.reload()"), (0, 1, None, "started anew by auto-reload"),
    (0, 3, None, "started anew by Ctrl-D or the REPL"), (4, 0, "safe mode, hard fault", "started anew by the supervisor"),
    (10, 0, "safe mode, asked for by the program", "started anew by the supervisor"),
    (99, 99, "safe mode, another reason", "started anew by another reason"),
)


def runs():
    """Each start of the interpreter within a boot is a mark, with what the supervisor says of it."""
    _, program = build("raspberrypi", *HOST)
    for safe_mode, reason, first, then in RUNS if program else ():
        _, trace = run(program, "mark", safe_mode=safe_mode, run_reason=reason)
        wanted = [HOOKS + m for m in (first, then) if m] + ["label"]
        said = ", ".join(m for m in (first, then) if m)
        tap.check("recorded: " + said, marks(trace) == wanted, (marks(trace), wanted))
        text, boot = hs_test.cli("resets", trace).out.decode(), json.loads(hs_test.cli("resets", "--json", trace).out)
        tap.check("resets: " + said, all("supervisor: " + m in text for m in (first, then) if m) and "supervisor: label" not in text and
                  [HOOKS + s["what"] for s in boot["supervisor"]] == wanted[:-1], text)
    says_stacks("the head of reports has the size of the stacks, which is a fact", trace, "pystack 1024, stack 24064")
    facts = re.findall(r" FACT .*fact=\"stacks=(.*)\"", hs_test.cli("dump", trace).out.decode())
    tap.check("each keyframe has it again, as a ring overwrites older ones", len(facts) >= 2 and set(facts) == {"pystack 1024, stack 24064"}, facts)
    old = os.path.join(hs_test.scratch(), "old.hst")
    hs_test.run([hs_test.firmware("unix64"), "-c", "import heapstrata\nheapstrata.mark('circuitpython: pystack 2048, stack 25600')"], env={"HEAPSTRATA_OUT": old})
    says_stacks("an older trace has it in a mark", old, "pystack 2048, stack 25600")


def says_stacks(what, trace, stacks):
    text, stat = hs_test.cli("report", trace).out.decode(), hs_test.cli_json("stat", trace)[1] or {}
    tap.check(what, "# bytes of CircuitPython's stacks: " + stacks in text and stat.get("stacks") == stacks, text[:800])


def grown():
    """The heap grew by two areas in either run of the interpreter: a map has them in the order in which the firmware's list does."""
    _, program = build("raspberrypi", *HOST)
    if not program:
        return
    _, trace = run(program, "mark")
    areas = [len(a) for a in meminfo.parse(hs_test.cli("map", "--style", "meminfo", trace).out).areas]
    tap.check("areas of a heap that grew after a reload, in the firmware's order", len(areas) == 3 and areas[0] > areas[1] > areas[2], areas)


# ---- 4: where the ring is ----

def room():
    """The recorder's memory comes out of the outer heap, at the same place in each boot, and nothing else writes to it."""
    program = os.path.join(hs_test.scratch(), "room")
    done = hs_test.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Wno-sizeof-array-div", "-O1", "-fsanitize=address,undefined", "-DHS_CP_ROOM=1", "-I" + hs_test.ROOT,
                        "-I" + os.path.join(hs_test.ROOT, "tests/heaps/stub"), "-o", program, os.path.join(HERE, "room.c"),
                        os.path.join(hs_test.ROOT, "firmware-hooks/circuitpython/cp_room.c")], merge=True)
    out = hs_test.run([program], merge=True).out.decode() if done.status == 0 else done.out.decode()
    tap.check("the recorder's memory is at the end of the outer heap, and outlives a boot and a full heap",
              out.splitlines() == ["of 4194304 bytes 16 at the end", "free before it: all", "then: 0", "same place", "kept", "no room in a heap that is nearly full"], out)


def sizes():
    """Ring and table are sized by the heap or by settings.toml, and that is said; so is a request that has no room for them."""
    _, program = build("raspberrypi", *HOST)
    if not program:
        return
    seen = {}
    for ring in (None, 4096, 0):
        ran, trace = run(program, "stats", "cramped", **({} if ring is None else {"heapstrata_ring_size": ring}))
        stats = dict(re.findall(r"^(\w+)=(\d+)$", ran.out.decode(), re.M))
        seen[ring] = (stats, (hs_test.cli_json("stat", trace)[1] or {}).get("recorder"), hs_test.cli("report", trace).out.decode(),
                      re.findall(r'fact="would-fit=(\d+)"', hs_test.cli("dump", trace).out.decode()),
                      (hs_test.cli_json("doctor", trace)[1] or {}).get("findings", []), ran)
    stats, recorder, text, fits, findings, _ = seen[None]
    taken = (recorder or {}).get("bytes", 0)
    tap.check("a heap of 4 MB: the table has 1,024 places, which stats() and stat say", stats.get("site_table") == "1024" and
              stats.get("sized_by_heap") == "4194304" and recorder == {"bytes": taken, "heap_bytes": 4194304, "places": 1024, "set": False} and
              30000 < taken < 4194304 // 32, (stats, recorder))
    tap.check("the head of reports says it", "# the recorder's ring and table of 1,024 sites take %s of the heap's 4,194,304 bytes\n" % format(taken, ",") in
              text, text[:800])
    found = {f["code"]: f for f in findings}.get("HS-HOOKS-ROOM", {})
    tap.check("a request that has no room because of them: the trace says so, and doctor with the figures", fits == ["30000"] and
              "take %d bytes" % taken in found.get("verdict", "") and "request of 30000 bytes" in found.get("verdict", "") and
              "HEAPSTRATA_RING_SIZE = 1024 in settings.toml" in " ".join(found.get("next", [])), (fits, found))
    stats, recorder, text, fits, findings, _ = seen[4096]
    tap.check("HEAPSTRATA_RING_SIZE in settings.toml: the table is not larger than that ring, and what set it is said",
              stats.get("sized_by_heap") == "0" and recorder and recorder["set"] and 0 < recorder["bytes"] <= 4096 and
              ", by HEAPSTRATA_RING_SIZE in settings.toml\n" in text and not fits and "HS-HOOKS-ROOM" not in
              [f["code"] for f in findings], (stats, recorder, fits, findings, text[:600]))
    said = seen[0][5].out.decode()
    tap.check("0 there: nothing is taken, and the firmware says why nothing is recorded",
              said == "RuntimeError: nothing is recorded: HEAPSTRATA_RING_SIZE is 0 in settings.toml\n", (said, seen[0][5].err))


def refused():
    """CIRCUITPY_HEAP_START_SIZE has no room: the interpreter does not get memory that was not allocated."""
    _, program = build("raspberrypi", *HOST)
    ran, trace = run(program, "used", "refused", "mark", "snapshot", "used") if program else (None, "")
    real = [int(n) for n in re.findall(r"^outer (\d+)$", ran.out.decode(), re.M)] if ran else []
    stat = hs_test.cli_json("stat", trace)[1] or {}
    tap.check("a heap at start that has no room: it has its block and no more", ran and ran.status == 0 and len(real) == 2 and
              real[1] - real[0] == 2048 + 8 and 400 < stat["total_bytes"] < 2048 and 400 < stat["used_bytes"], (ran, real, stat))
    tap.check("and the trace says so", HOOKS + "no room for CIRCUITPY_HEAP_START_SIZE = %d" % (64 << 20) in marks(trace) and
              b"no room for CIRCUITPY_HEAP_START_SIZE = 67108864" in hs_test.cli("resets", trace).out, marks(trace))


# ---- 5: what is shown ----

def shown():
    trace = os.path.join(HERE, "pico.hst")
    figures = {heap: hs_test.cli_json("stat", trace, *(("--heap", heap) if heap else ()))[1] for heap in ("", "gc", "outer")}
    default, gc, outer = figures[""], figures["gc"], figures["outer"]
    keys = "total_bytes used_bytes blocks allocs swept".split()
    tap.check("a real port's trace: the interpreter's heap is shown, each byte once", [default[k] for k in keys] == [gc[k] for k in keys] and
              default["used_bytes"] == 9152 and default["total_bytes"] == 15744, default)
    tap.check("and the heap that it grows out of beside it", [(a["name"], a["bytes"], a["used_bytes"], a["blocks"]) for a in default["around"]] ==
              [("outer", outer["total_bytes"], outer["used_bytes"], outer["blocks"])] and outer["used_bytes"] == 20200 > default["used_bytes"],
              (default["around"], outer["used_bytes"]))
    text = hs_test.cli("report", trace).out.decode() + hs_test.cli("marks", trace).out.decode()
    tap.check("said at the head of reports", "# heap outer around it: 20,200 of 87,684 bytes used, 20,200 at most; shown by --heap outer" in text, text[:600])
    done = hs_test.cli("map", "--style", "meminfo", trace).out.decode()
    status, data, text = hs_test.cli_json("whatif", trace)
    heap = data["heaps"][0] if status == 0 and data else {}
    tap.check("whatif: an interpreter that ends and starts again has its regions again, and the old blocks are gone",
              heap and (data["recorded"]["faithful"], heap["heap_bytes"], heap["enough"]) == (1, 15744, "yes") and
              heap["smallest_heap_bytes"] < 15744, text or data)
    text = hs_test.cli("doctor", "-v", trace).out.decode()
    tap.check("doctor describes CircuitPython's heap, not MicroPython's", "(CircuitPython, py/gc.c, gc_try_add_heap)" in text and
              "MicroPython's heap" not in text, text)
    tap.check("its map has the areas in the order of the heap's growth", done.count("GC memory layout") == 2, done[:600])


def no_room_for_lwip():
    trace = os.path.join(HERE, "net.hst")
    pools = {p["pool"]: p for p in (hs_test.cli_json("pools", trace)[1] or {}).get("pools", [])}
    tap.check("pools has lwIP's elements, which are in the outer heap", {n: (p["refused"], p["now"]) for n, p in pools.items()} ==
              {"SYS_TIMEOUT": (0, 6), "TCP_PCB": (5, 5), "TCP_PCB_LISTEN": (0, 1), "TCP_SEG": (0, 1), "UDP_PCB": (1, 0)}, pools)
    found = [f for f in (hs_test.cli_json("doctor", trace)[1] or {}).get("findings", []) if f["code"] == "HS-POOL-HEAP"]
    tap.check("doctor says which heap had no room for them, and how to see who holds it", [re.search(r"for a (\w+)", f["verdict"]).group(1)
              for f in found] == ["TCP_PCB", "UDP_PCB"] and all("'outer', had at most 202220 of 202240 bytes in use" in " ".join(f["evidence"]) and
              "report --heap outer --live" in " ".join(f["next"]) for f in found), found)
    done = hs_test.cli("report", "--heap", "outer", "--live", trace)
    tap.check("which works", done.status == 0 and b"net.py:6 <module>" in done.out, done.out)


links()
without_outer_heap()
lost()
compilers()
recorded()
begun_anew()
outer_blocks()
runs()
grown()
room()
sizes()
refused()
shown()
no_room_for_lwip()
tap.finish()
