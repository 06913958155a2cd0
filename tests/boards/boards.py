#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boards that QEMU models, with the firmware that the documented build line makes: MicroPython's own qemu boards, and an
STM32F405 whose collector's heap begins where the ring lies (F405/), as in the stm32 port.

Each board runs scripts of MicroPython's tests; behind each, `heapstrata map` must be mem_info's, granule by granule. The
ring is kept over a reset, time stamps agree with a clock, `heapstrata record --serial` works on a pty.

    boards.py [BOARD...]
"""
import argparse
import glob
import os
import random
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle")]
import hs_test
import meminfo
import qemu_mp

tap = hs_test.Tap()
FIRMWARES = os.path.join(hs_test.MP, "boards")
OFF = ["FROZEN_MANIFEST="]
ARM, RISCV = "qemu-system-arm", "qemu-system-riscv32"


class Board:
    """QEMU's machine, make's settings; the ring's address and size where it is no array of the firmware, or the memory that it
    is in; the monitor's command for memory, which on MICROBIT is that of the core's own view; make's name of the board."""

    def __init__(self, machine, *make, ring=None, save="pmemsave", board=None):
        self.machine, self.make, self.ring, self.save, self.board = machine, list(make), ring, save, board


BOARDS = {
    "MICROBIT": Board((ARM, "-M", "microbit", "-global", "nrf51-soc.flash-size=1048576", "-global", "nrf51-soc.sram-size=262144"),
                      "HEAPSTRATA_RING_SIZE=32768", save="memsave"),
    "NETDUINO2": Board((ARM, "-M", "netduino2"), "MICROPY_HEAP_SIZE=65536"),
    # At a reset QEMU clears the ELF file's own segments, so the ring lies elsewhere on these two.
    "SABRELITE": Board((ARM, "-M", "sabrelite", "-m", "128M"),
                       "HEAPSTRATA_RING_ADDR=0x17000000", "HEAPSTRATA_RING_SIZE=0x10000", ring=(0x17000000, 0x10000)),
    # RV32_ARCH and -misa-spec: what bookworm's C library and its compiler agree on. The others: its start-up code clears
    # the section .bss only.
    "VIRT_RV32": Board((RISCV, "-M", "virt", "-bios", "none"),
                       "RV32_ARCH=rv32imac", "AS=riscv64-unknown-elf-as -misa-spec=2.2",
                       "CFLAGS_EXTRA=-misa-spec=2.2 -fno-data-sections -msmall-data-limit=0",
                       "HEAPSTRATA_RING_ADDR=0x86000000", "HEAPSTRATA_RING_SIZE=0x10000", ring=(0x86000000, 0x10000)),
    "F405": Board((ARM, "-M", "netduinoplus2"), "BOARD_DIR=" + os.path.join(HERE, "F405")),
    # As the ports that put the heap behind .bss: the ring comes out of its end.
    "F405-heap": Board((ARM, "-M", "netduinoplus2"), "BOARD_DIR=" + os.path.join(HERE, "F405"),
                       "HEAPSTRATA_CFLAGS=-DHS_RING_FROM_HEAP=1", ring=(0x20000000, 128 << 10), board="F405"),
}
ONE_OF = ["NETDUINO2", "SABRELITE", "F405"]  # of these `make test` takes one by chance, `make soak` all
SCRIPTS = 24  # of MicroPython's tests, on each board
GRANULE = 16


# ---- the firmware ----

def make(name, *more):
    """Runs the documented build line. What was built before is kept, and made anew where it is out of date."""
    folder = os.path.join(FIRMWARES, name)
    os.makedirs(folder, exist_ok=True)
    command = ["flock", folder + ".lock", "make", "-s", "-j%d" % (os.cpu_count() or 1), "-C", os.path.join(hs_test.MP_SRC, "ports", "qemu"),
               "BOARD=" + (BOARDS[name].board or name), "BUILD=" + hs_test.mp_folder("qemu", folder), "USER_C_MODULES=" + os.path.join(hs_test.ROOT, "firmware-hooks"),
               *OFF, *BOARDS[name].make, *more]
    return hs_test.run(command, env={"GIT_CEILING_DIRECTORIES": os.path.dirname(hs_test.MP_SRC), "MAKEFLAGS": ""}, timeout=1800, merge=True)


def build(name, *more):
    done = make(name, *more)
    if not tap.check("%s: the firmware builds%s" % (name, " " + " ".join(more) if more else ""), done.status == 0,
                     done.out.decode(errors="replace")[-3000:]):
        return None
    return os.path.join(FIRMWARES, name, "firmware.elf")


def depends(name):
    """A changed header of ours makes the objects anew that include it, whatever names the compiler gave it."""
    record = os.path.join(FIRMWARES, name, "firmware-hooks", "micropython", "mp_alloc.P")
    with open(record, encoding="utf-8") as f:
        headers = [h for h in f.read().split() if h.endswith("/mp_hooks.h")]
    target = os.path.join(hs_test.mp_folder("qemu", FIRMWARES), name, "firmware-hooks", "micropython", "mp_alloc.o")
    would = make(name, "-n", "V=1", "-W", headers[0], target)
    tap.check("%s: objects depend on our headers" % name, would.status == 0 and b"mp_alloc.c" in would.out, would.out[-500:])


def symbols(elf):
    """{name: (address, size)}"""
    out = hs_test.run(["readelf", "-sW", elf]).out.decode(errors="replace")
    found = {}
    for line in out.splitlines():
        fields = line.split()
        if len(fields) == 8 and fields[3] == "OBJECT":
            found[fields[7]] = int(fields[1], 16), int(fields[2], 0)
    return found


# ---- what a board must do ----

BEFORE = "import heapstrata, micropython\n_hs_mark = heapstrata.mark; _hs_info = micropython.mem_info\n"
STEP = '_hs_mark("oracle"); _hs_info(1)\n'


class Bench:
    """One board that runs."""

    def __init__(self, name, elf):
        self.name, self.elf, self.spec = name, elf, BOARDS[name]
        self.folder = os.path.join(hs_test.scratch(), name)
        os.makedirs(self.folder, exist_ok=True)
        self.symbols = symbols(elf)
        self.ring = self.spec.ring or self.symbols["ring"]

    def start(self):
        return qemu_mp.QemuMp(self.elf, machine=self.spec.machine, boot_timeout=60)

    def dump(self, board, name="ring.bin"):
        path = os.path.join(self.folder, name)
        board.save_memory(*self.ring, path, self.spec.save)
        return path

    def check(self, what, good, why=""):
        return tap.check("%s: %s" % (self.name, what), good, why)


def scripts():
    """Scripts that allocate, from the beginning to the end of the alphabet."""
    found = sorted(glob.glob(os.path.join(hs_test.MP_TESTS, "basics", "*.py")))
    wanted = [f for f in found if re.search(r"/(list|dict|generator|string|bytearray|class|set|fun|gc|int_big|try|closure|unpack)", f)]
    return wanted[::max(1, len(wanted) // (SCRIPTS + 6))]


def run_script(bench, board, path):
    """None where the script cannot run on this board, else what differs between the map and mem_info."""
    with open(path, "rb") as f:
        source = f.read()
    board.soft_reset()
    board.run(BEFORE)
    output, error = board.run(source, timeout=120)
    if output.endswith(b"SKIP\n") or b"SystemExit" in error:
        return None
    text = board.run(STEP)[0]
    done = hs_test.cli("map", bench.dump(board), "--at", "mark:oracle", "--style", "meminfo")
    real, map_ = meminfo.parse(text), meminfo.parse(done.out)
    counted = meminfo.figures_of(real.areas, GRANULE)
    if not real.areas or any(counted[k] != real.figures.get(k) for k in meminfo.FIGURES):
        return "mem_info cannot be read: %r" % text[-300:]
    return meminfo.difference(real, map_) if done.status == 0 else done.err.decode(errors="replace")


def maps(bench, board):
    wrong, equal = [], 0
    for path in scripts():
        problem = run_script(bench, board, path)
        equal += problem == ""
        if problem:
            wrong.append("%s: %s" % (os.path.basename(path), problem))
        if equal + len(wrong) == SCRIPTS:
            break
    tap.note("%s: %d of %d maps agree with mem_info" % (bench.name, equal, equal + len(wrong)))
    bench.check("%d maps are mem_info's, granule by granule" % SCRIPTS, equal == SCRIPTS, "\n".join(wrong) or equal)


def reset(bench, board):
    """The reset button: what was recorded before is there behind it."""
    board.run("import heapstrata\nheapstrata.mark('before')\nx = [bytearray(40) for i in range(30)]")
    board.system_reset()
    board.run("import heapstrata\nheapstrata.mark('behind')")
    trace = bench.dump(board)
    status, data, text = hs_test.cli_json("resets", trace)
    marks = hs_test.cli("dump", "--kind", "mark", trace).out.decode()
    bench.check("a ring survives the reset button: both boots are in it", "before" in marks and "behind" in marks, marks + text)


def clock(bench, board):
    """The time between two marks, which the host's clock has within bounds."""
    board.run("import heapstrata")
    outer = time.monotonic()
    board.run("heapstrata.mark('one')")
    inner = time.monotonic()
    time.sleep(1.5)
    inner = time.monotonic() - inner
    board.run("heapstrata.mark('two')")
    outer = time.monotonic() - outer
    done = hs_test.cli("dump", "--kind", "mark", bench.dump(board))
    times = [float(m) for m in re.findall(r'^\s*\d+\s+([\d.]+)\s+MARK\s+label="(?:one|two)"', done.out.decode(), re.M)]
    passed = times[-1] - times[-2] if len(times) > 1 else None
    bench.check("time stamps agree with the host's clock", passed and inner * 0.98 < passed < outer * 1.02,
                "%s s between %.3f and %.3f\n%s" % (passed, inner, outer, done.out.decode()[-500:]))


def stream(bench, board):
    """stream(None) ends, also when the stream takes nothing."""
    out, error = board.run("""
import heapstrata, io
class Busy(io.IOBase):
    def write(self, data): return 0
    def ioctl(self, request, argument): return 0
heapstrata.stream(Busy())
x = [bytearray(30) for i in range(100)]
heapstrata.stream(None)
print("ended")
""", timeout=120)
    bench.check("stream(None) ends when nothing is taken", b"ended" in out, error)


def serial(bench):
    """What docs/boards.md asks people with a board to run: a script by record --serial, and all that its trace says."""
    with qemu_mp.QemuPty(bench.elf, machine=bench.spec.machine) as pty:
        done = hs_test.run([os.path.join(HERE, "five-minutes"), pty.name], timeout=600, merge=True)
    bench.check("record --serial on a pty: five-minutes finds all right", done.status == 0 and done.out.count(b"\nok ") >= 5,
                done.out.decode(errors="replace"))


def ring_place(bench, board):
    """Only F405: the heap would begin where the ring lies, and begins behind it."""
    heap, ring = bench.symbols["gc_heap"], bench.ring
    first = meminfo_start(board.run("import micropython\nmicropython.mem_info(1)")[0])
    bench.check("the ring lies where the heap would begin", heap[0] == ring[0], (heap, ring))
    bench.check("the heap begins behind it", first and first >= ring[0] + ring[1], (first, ring))
    total = int(re.search(rb"total: (\d+)", board.run("micropython.mem_info()")[0]).group(1))
    # The table of sites comes out of the heap's end: a sixteenth of it at most (firmware-hooks/ports/sizes.h).
    bench.check("the heap has all that is left", 0 < heap[1] - ring[1] - total < 3000 + heap[1] // 16, (heap, ring, total))


def sizes(bench, board):
    """Only F405-heap: ring and table come out of the heap, by its size, and that is said."""
    heap = bench.symbols["gc_heap"][1]
    said = board.run("import heapstrata\ns = heapstrata.stats()\nprint(s['site_table'], s['sized_by_heap'])")[0].split()
    facts = hs_test.cli("dump", "--dict", bench.dump(board)).out.decode()
    total = int(re.search(rb"total: (\d+)", board.run("import micropython\nmicropython.mem_info()")[0]).group(1))
    bench.check("no ring or table is an array of the firmware", not {"ring", "sites", "hash"} & set(bench.symbols), bench.symbols.keys())
    bench.check("stats() says what was chosen", said == [b"128", b"%d" % heap], (said, heap))
    bench.check("so does the trace", re.search(r"key=sites value=128$", facts, re.M) and
                re.search(r"key=sized-by-heap value=%d$" % heap, facts, re.M), facts[:600])
    bench.check("the heap keeps seven eighths", heap * 7 // 8 <= total * 33 // 32 + 256 <= heap, (heap, total))


def meminfo_start(text):
    found = re.search(rb"GC memory layout; from (?:0x)?([0-9a-f]+)", text)
    return int(found.group(1), 16) if found else None


def refusal(name):
    """A ring in the midst of the heap: nothing is recorded, the program runs, and is told."""
    elf = build(name, "HEAPSTRATA_RING_ADDR=0x20010000")
    if not elf:
        return
    with qemu_mp.QemuMp(elf, machine=BOARDS[name].machine, boot_timeout=60) as board:
        out, error = board.run("x = [bytearray(500) for i in range(150)]\nfor i in range(150):\n for j in range(500): assert not x[i][j]\nprint('sound')")
        tap.check("%s: with the ring in the midst of the heap programs run" % name, b"sound" in out, error)
        for call in ("start()", "stats()", "dump()", "reset()"):
            out, error = board.run("import heapstrata\nheapstrata." + call)
            tap.check("%s: %s says that the ring is in the heap, and what to do" % (name, call),
                      b"ring is in the heap" in error and b"HEAPSTRATA_RING_ADDR" in error, out + error)


def without_hooks():
    """A firmware that was built without our module: record says so, and samples it."""
    script = os.path.join(hs_test.scratch(), "nothing.py")
    with open(script, "w") as f:
        f.write("print('done')\n")
    with qemu_mp.QemuPty(hs_test.firmware(hs_test.QEMU, plain=True)) as pty:
        done = hs_test.run([hs_test.NATIVE, "record", "--serial", pty.name, "-o", script + ".hst", script], timeout=180)
    tap.check("record --serial on a firmware without hooks: says that it has no module, and samples its heap",
              done.status == 0 and b"the firmware has no module heapstrata" in done.err and b"samples of its heap instead" in done.err,
              (done.status, done.err))


def examine(name):
    elf = build(name)
    if not elf:
        return
    depends(name)
    bench = Bench(name, elf)
    with bench.start() as board:
        if name == "F405":
            ring_place(bench, board)
        if name == "F405-heap":
            sizes(bench, board)
        maps(bench, board)
        reset(bench, board)
        clock(bench, board)
        stream(bench, board)
    serial(bench)
    if name == "F405":
        refusal(name)


def share():
    seed = os.environ.get("HS_SEED") or str(int(time.time()))
    one = random.Random(seed).choice(ONE_OF)
    tap.note("HS_SEED=%s: %s of %s" % (seed, one, " ".join(ONE_OF)))
    return [name for name in BOARDS if name == one or name not in ONE_OF]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("boards", nargs="*", metavar="BOARD", help=" ".join(BOARDS))
    chosen = parser.parse_args().boards
    if not chosen:
        without_hooks()
    for name in chosen or (BOARDS if os.environ.get("HS_SOAK") else share()):
        program = BOARDS[name].machine[0]
        if not shutil.which(program):
            tap.check("%s: there is %s" % (name, program), False)
            continue
        try:
            examine(name)
        except (qemu_mp.BoardError, OSError) as error:
            tap.check("%s: the board answers" % name, False, error)
    tap.finish()


if __name__ == "__main__":
    main()
