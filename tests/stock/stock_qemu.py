# SPDX-License-Identifier: MIT
"""The Cortex-M3: no clock, no timer, no file system of its own."""
import os
import re
import shutil
import signal
import time

import hs_test
import meminfo
import packages
import qemu_mp
from line import Line
from samples import LOOP, NO_MODULE, check_all, check_maps, helper_of, kept, marks, path, record, samples, started, track_figures, write

DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
MODULES = {
    "small.py": b"X = 1\n",
    "large.py": b"".join(b"def f%d(x):\n    return [x, '%d' * x]\n" % (i, i) for i in range(20)) + b"TABLE = [i * 3 for i in range(200)]\n",
    "outer.py": b"import inner\nY = list(range(50))\n",
    "inner.py": b"Z = bytearray(300)\n",
}
# In a function: the names of a module are in a dictionary that grows.
IMPORTS = """\
import gc
def cost(name):
    gc.collect()
    before = gc.mem_alloc()
    __import__(name)
    gc.collect()
    return gc.mem_alloc() - before
def work():
    small = cost("small")
    garbage = [bytearray(50) for i in range(40)]
    garbage = None
    print("small", small, "large", cost("large"), "outer", cost("outer"))
    import large
work()
"""


def mounted(files):
    """One line that makes files importable."""
    return "exec(%r, {})\n" % (qemu_mp.FILESYSTEM % files)


def firmware():
    return hs_test.firmware(hs_test.QEMU, plain=True)


class Board(qemu_mp.QemuMp):
    def line(self):
        self.uart.setblocking(True)
        return Line(self.uart.fileno(), self.uart.sendall)


def case_imports(tap):
    script = write("imports.py", mounted(MODULES) + IMPORTS)
    with Board(firmware()) as board, board.line() as line:
        done, trace = record(line, script)
        printed = check_maps(tap, "imports", line.seen, trace)
        failed, _ = record(line, write("absent.py", "import absent\n"))
    tap.check("a line says that it is sampled", NO_MODULE in done.err.decode() and done.status == 0, (done.status, done.err))
    words = done.out.decode().split()
    by_hand = dict(zip(words[::2], words[1::2]))
    found = marks(trace)
    used = {m["mark"]: m["used_bytes"] for m in found}
    names = [m["mark"] for m in found if re.match("import (small|large|inner|outer)", m["mark"])]
    cost = {n: str(used.get("import " + n, 0) - used.get("before import " + n, 0)) for n in by_hand}
    tap.check("imports cost what a measurement by hand says, to the block: %s" % by_hand, cost == by_hand and len(by_hand) == 3, (cost, found))
    check_figures(tap, trace, meminfo.parse(printed[-1][2]).figures["used"] - helper_of(trace))
    tap.check("an import that fails has only the script's lines in its traceback", b"in <module>" in failed.err and b"no module named 'absent'" in
              failed.err and b"_hs_" not in failed.err and b"<string>" not in failed.err, failed.err)
    tap.check("each once, and those within others", names == ["import small", "import large", "import inner", "import outer"], names)


def check_figures(tap, trace, own):
    """Commands that add up in different ways have the firmware's figures without the helper."""
    point = hs_test.cli_json("timeline", trace)[1]["points"][-1]
    region = hs_test.cli_json("regions", trace)[1]
    stat, report = hs_test.cli_json("stat", trace)[1], hs_test.cli_json("report", trace)[1]
    found = {"timeline": point["used_bytes"], "stat": stat["used_bytes"], "report": report["live_bytes"],
             "regions": sum(row["live_bytes"] for row in region["requests"]), "marks": marks(trace)[-1]["used_bytes"]}
    tap.check("all figures of used bytes are without the helper: %d" % own, set(found.values()) == {own}, (own, found))
    tap.check("and none is waste", point["waste_bytes"] == 0 and not stat["internal_waste"], (point, stat["internal_waste"]))


def case_start(tap):
    """What is in use at the mark "start" is what the board has in use after a soft reset, but for the line of the REPL."""
    ask = "__import__('gc').collect(); print('used', __import__('gc').mem_alloc())"
    with Board(firmware()) as board:
        board.soft_reset()
        own = int(board.run(ask)[0].split()[1])
        with board.line() as line:
            done, trace = record(line, write("long.py", "# %s\nimport heapstrata\nheapstrata.mark('here')\n" % ("long " * 2000)))
        used = {m["mark"]: m["used_bytes"] for m in marks(trace)}
    tap.check("start: %d bytes are used, and %d say by hand" % (used.get("start", 0), own), abs(used.get("start", 0) - own) <= 160, (used, done.err))
    tap.check("a script of 10 KB is not in the heap while it runs", used.get("here", 99999) - used.get("start", 0) < 1000, used)


def case_demo(tap):
    """The demo's failure, on a board whose heap is made as large as the demo's. It fails with 70,000 to 80,000 bytes of ballast
    at least, whatever the length of the script."""
    with open(os.path.join(DEMO, "logger.py"), encoding="utf-8") as f:
        text = f.read()
    with open(os.path.join(DEMO, "sensor.py"), "rb") as f:
        files = {"sensor.py": f.read()}
    script = write("logger.py", "ballast = bytearray(76000); " + mounted(files) + text)
    with Board(firmware()) as board, board.line() as line:
        done, trace = record(line, script)
        check_maps(tap, "the demo", line.seen, trace)
    status, found, err = hs_test.cli_json("doctor", trace)
    codes = [f["code"] for f in (found or {}).get("findings", [])]
    tap.check("the demo: its traceback is shown, without samples in the output", done.status == 1 and b"MemoryError" in done.err
              and b"HS:" not in done.out and b"uploaded" in done.out, (done.status, done.out, done.err))
    verdict = hs_test.cli("doctor", trace).out.decode()
    tap.check("the demo: doctor finds what fragments, at the line of the traceback", status == 1 and codes[:1] == ["HS-FRAG-FAILED"] and
              re.search(r"logger\.py:48\s+main\s+requested\s+12288", verdict) and "is not in snapshots" in " ".join(verdict.split()), (status, codes, verdict, err))


def case_packages(tap):
    with Board(firmware()) as board, board.line() as line:
        for text, printed, names in packages.RUNS:
            line.seen = b""
            done, _ = record(line, write("packages.py", mounted(packages.FILES) + text))
            found = [n for n in packages.noticed(samples(line.seen)) if n not in ("io", "sys", "vfs")]
            tap.check("relative imports work, noticed are %s" % names, done.status == 0 and found == names and
                      printed.encode() in done.out.splitlines(), (text, done.status, found, done.out, done.err))


def case_exit(tap):
    with Board(firmware()) as board, board.line() as line:
        left, _ = record(line, write("left.py", "import sys\nsys.exit()\n"))
    tap.check("sys.exit(): why there are no last samples", b"no memory" not in left.err and
              (left.status == 0 or b"sys.exit() or a reset removed the helper" in left.err), (left.status, left.err))


def case_commands(tap):
    script = write("marks.py", "import heapstrata, micropython\nkeep = []\nfor i in range(3):\n    keep.append([bytearray(100) for j in range(20)])\n"
                   "    heapstrata.mark('round %d' % i)\nheapstrata.stop()\nheapstrata.mark('unseen')\nheapstrata.start()\n"
                   "micropython.heap_lock()\nheapstrata.mark('locked')\nmicropython.heap_unlock()\n"
                   "heapstrata.snapshot()\nprint(heapstrata.stats()['level'], 'a\\nHS:X', end='')\n")
    with Board(firmware()) as board, board.line() as line:
        done, trace = record(line, script)
        again, second = record(line, script, trace=path("second.hst"))
    tap.check("what the script prints comes through, to the byte", done.out == again.out == b"snapshots a\r\nHS:X" and done.status == 0,
              (done.status, done.out, again.out, done.err, again.err))
    labels = [m["mark"] for m in marks(trace)]
    tap.check("its marks", labels == ["start", "before import micropython", "import micropython", "round 0", "round 1", "round 2", "locked", "end", "after a collection"], labels)
    for command in (["timeline", "--csv"], ["map"], ["stat"], ["report"], ["top", "--batch"], ["marks"], ["blame"], ["doctor"]):
        shown = hs_test.cli(*command, trace)
        tap.check("%s works on it" % command[0], shown.status in (0, 1) and shown.out, (shown.status, shown.err))
    page = path("page.html")
    shown = hs_test.cli("html", trace, "-o", page)
    tap.check("html works on it", shown.status == 0 and os.path.getsize(page) > 1000, shown.err)
    shown = hs_test.cli("compare", trace, second)
    tap.check("compare works on two of them", shown.status in (0, 1) and shown.out, (shown.status, shown.err))
    for command in ("report", "stat", "marks"):
        shown = hs_test.cli(command, trace).out.decode()
        tap.check("%s says what is not known, and the helper's bytes" % command, "level snapshots" in shown and "is not known" in shown
                  and re.search(r"helper has 1\d\d\d bytes", shown), shown[:500])
    kinds = hs_test.cli_json("stat", trace)[1]
    tap.check("stat says that there are no samples at intervals", kinds and kinds.get("every_ms") == 0 and
              "at marks, and not at intervals" in hs_test.cli("stat", trace).out.decode(), kinds)
    tap.check("as JSON too", kinds and {s["level"] for s in kinds["levels"]} <= {"snapshots", "stopped"}, kinds and kinds["levels"])


def case_track(tap):
    """One script, with the helper and with the module built in."""
    with open(os.path.join(os.path.dirname(__file__), "track.py"), encoding="utf-8") as f:
        script = write("track.py", f.read())
    out = []
    for plain in (True, False):
        with Board(hs_test.firmware(hs_test.QEMU, plain)) as board, board.line() as line:
            done, trace = record(line, script)
        out.append(track_figures(done.out))
        if plain:
            tap.check("the helper with track has %d bytes, less than 2 KB" % helper_of(trace), 1000 < helper_of(trace) < 2048)
    tap.check("track's figures are the same with the helper and with the module built in: %s" % out[0][:2], out[0] == out[1] and len(out[0]) == 18 and
              "False" not in " ".join(out[0]), out)


def case_all(tap):
    with Board(firmware()) as board, board.line() as line:
        check_all(tap, "QEMU", line)


INSTALLED = """\
import heapstrata
heapstrata.mark("there")
with heapstrata.track("part"):
    keep = bytearray(1000)
heapstrata.stop()
print("stopped", heapstrata.stats()["lost"])
heapstrata.start()
"""


def case_installed(tap):
    """heapstrata.py is on the board: record imports it, and the helper takes its place."""
    with open(os.path.join(hs_test.ROOT, "firmware-hooks", "stock", "heapstrata.py"), "rb") as f:
        files = {"heapstrata.py": f.read()}
    with Board(firmware()) as board:
        board.run(mounted(files))
        with board.line() as line:
            done, trace = record(line, write("installed.py", INSTALLED), "--no-reset")
    labels = [m["mark"] for m in marks(trace)]
    tap.check("with heapstrata.py installed the helper samples, and has track", done.status == 0 and labels == ["start", "there", "end", "after a collection"]
              and re.fullmatch(rb"HS:T part allocated: \d+ kept: 1\d\d\d garbage: 0\r\nstopped 0\r\n", done.out), (done.status, done.out, done.err, labels))


# CMSDK's timer 0 counts down at 25 MHz: with -icount a tick is so many instructions. The interpreter's cache of names makes a
# program 20 % faster or slower by the numbers of its names; 32 copies with other names are the same on average.
COUNTED = """\
import machine
def ticks():
    return 0x3fffffff - machine.mem32[0x40000004]
machine.mem32[0x40000000] = 0
machine.mem32[0x40000008] = machine.mem32[0x40000004] = 0x3fffffff
machine.mem32[0x40000000] = 1
text = %r
total = 0
for i in range(32):
    copy = {}
    exec(text.replace("#", str(i)), copy)
    run = copy["run"]
    begun = ticks()
    run()
    total += ticks() - begun
print("ticks", total)
"""
# While __import__ is replaced, each use of a built-in function would be a failed look-up more: 7 % of the third, 11 % of the last.
PROGRAMS = {
    "computing": "u# = v# = w# = z# = 0\ndef run():\n a, b = 0, 1\n for i in range(1000): a, b = b, (a * 3 + b) % 10007\n",
    "collections": "import gc\nu# = v# = w# = z# = [[i] for i in range(1000)]\ndef run():\n for i in range(3): gc.collect()\n",
    "allocating": "u# = v# = w# = z# = 0\ndef run():\n k# = []\n for i in range(200): k#.append([i, str(i), bytearray(20)])\n",
    "small functions": "u# = v# = w# = z# = 0\ndef a#(x): return x + 1\ndef b#(x): return a#(x) + len('abc')\n"
                       "def c#(x): return max(b#(x), abs(x))\ndef run():\n for i in range(150): c#(i)\n",
}


def case_cost(tap):
    """What a run costs beside its samples: exact, as instructions are counted."""
    for name, program in PROGRAMS.items():
        text = COUNTED % program
        with Board(firmware(), icount=0) as board:
            plain = board.run(text, timeout=200)[0]
        with Board(firmware(), icount=0) as board, board.line() as line:
            done, _ = record(line, write("cost.py", text))
        ticks = [int(re.search(rb"ticks (\d+)", out).group(1)) for out in (plain, done.out)]
        more = 100 * (ticks[1] / ticks[0] - 1)
        tap.check("%s: a run takes %.2f %% more instructions, 5 at most" % (name, more), ticks[0] > 100000 and -10 < more < 5, ticks)


def case_full(tap):
    """A heap that is full of live data when the script ends."""
    script = write("full.py", "keep = []\nwhile True:\n    keep.append(bytearray(1000))\n")
    with Board(firmware()) as board, board.line() as line:
        done, trace = record(line, script)
    found = hs_test.cli_json("doctor", trace)[1] or {}
    codes = [f["code"] for f in found.get("findings", [])]
    tap.check("a full heap: the failure is found", codes and codes[0].startswith("HS-HEAP-"), (codes, done.status, done.err))


# No block is left: not even our own code at the end can be compiled.
FILL = """\
keep = None
def fill():
    global keep
    while True:
        keep = (keep, None)
fill()
"""


def case_no_room(tap):
    """A script that ends by MemoryError has failed, with 1, also when our own work finds no room then."""
    script = write("fill.py", FILL)
    for plain in (True, False):
        with Board(hs_test.firmware(hs_test.QEMU, plain=plain)) as board, board.line() as line:
            done, trace = record(line, script, trace=path("fill-%d.hst" % plain))
        tap.check("%s: no room at the end: the script's status, and a trace" % ("samples" if plain else "events"), done.status == 1 and
                  b"MemoryError" in done.err and hs_test.cli("stat", trace).status == 0, (done.status, done.err))


def case_pipe(tap):
    """Standard output has the trace alone."""
    script = write("said.py", "print('said by', 'the script')\n")
    with Board(firmware()) as board, board.line() as line:
        done, _ = record(line, script, trace="-")
    with open(path("piped.hst"), "wb") as f:
        f.write(done.out)
    tap.check("a trace of samples to a pipe", done.status == 0 and b"said by the script" in done.err and len(marks(f.name)) == 3,
              (done.status, done.out[:80], done.err))


def case_killed(tap):
    """What came is on disk as it comes; an earlier trace is not lost."""
    script, trace = write("loop.py", LOOP), path("killed.hst")
    write("killed.hst", "an earlier trace")
    with Board(firmware()) as board, board.line() as line:
        child = started(line, script, trace)
        child.kill()
        kept(tap, "kill -9", child, trace, (-signal.SIGKILL,))
    beside = [name for name in os.listdir(path("")) if name.startswith(".killed.hst.")]
    tap.check("kill -9: the earlier trace is beside it", b"an earlier trace" in [open(path(name), "rb").read() for name in beside], beside)


def case_interrupted(tap):
    """This firmware looks for Ctrl-C only when it waits for input: a running script does not end. A second Ctrl-C ends record."""
    script, trace = write("loop.py", LOOP), path("interrupted.hst")
    with Board(firmware()) as board, board.line() as line:
        child = started(line, script, trace)
        while child.poll() is None:
            child.send_signal(signal.SIGINT)
            time.sleep(0.5)
        err = kept(tap, "Ctrl-C that the board does not heed", child, trace, (1, 2))
        tap.check("Ctrl-C twice: record says what to do", b"interrupted" in err or b"reset the board" in err, err)


def case_unplugged(tap):
    script, trace = write("loop.py", LOOP), path("unplugged.hst")
    with Board(firmware()) as board, board.line() as line:
        child = started(line, script, trace)
        line.unplug()
        child.send_signal(signal.SIGINT)  # it would wait for the port to come back
        kept(tap, "unplugged", child, trace, (1, 2))


def case_reset(tap):
    script, trace = write("loop.py", LOOP), path("reset.hst")
    with Board(firmware()) as board, board.line() as line:
        child = started(line, script, trace)
        board.qmp("system_reset")
        time.sleep(0.2)
        board.qmp("query-status")
        kept(tap, "reset", child, trace, (1, 2))


def run(tap):
    if not shutil.which("qemu-system-arm"):
        tap.skip("an emulated board", "no qemu-system-arm")
        return
    for case in (case_imports, case_packages, case_exit, case_start, case_demo, case_commands, case_track, case_all, case_installed, case_cost, case_full, case_no_room, case_pipe, case_killed, case_interrupted, case_unplugged, case_reset):
        try:
            case(tap)
        except Exception as problem:  # a broken case must not hide the others
            tap.check(case.__name__, False, repr(problem))
