# SPDX-License-Identifier: MIT
"""For how long the recorder masks interrupts: counted in cycles of the emulated core, over work that takes it through all
that is long: many places that are defined, and carried from packet to packet, packets that are closed, keyframes, collections, marks, levels,
a stream, a soft reset. Flash has no wait states here."""
import subprocess

import pico

MHZ = 125
LIMIT = 10 * MHZ  # cycles: 10 us

# Each line of `many` is a place of its own.
WORK = """
import gc, heapstrata
heapstrata.start(%(start)s)
lines = "".join(" x[%%d] = [%%d] + x[%%d:%%d]\\n" %% (i %% 9, i, i %% 7, i %% 7 + 2) for i in range(90))
many = []
for k in range(3):
    names = {}
    exec("def function_number_%%d(x):\\n" %% k + lines, names)
    many += names.values()
names = lines = None
gc.collect()
def work():
    l = [None] * 300
    for i in range(%(n)d):
        l[i * 7 %% 300] = (bytearray(i %% 60), {i: i}, [i] * (i %% 9), "x%%d" %% i)[i %% 4]
        if i %% 100 == 0:
            many[i // 100 %% 3]([0] * 9)
            heapstrata.mark("m%%d" %% i)
work()
gc.collect()
heapstrata.snapshot()
work()
heapstrata.%(last)s
"""


def addr2line(elf, address):
    """Functions at an address, the innermost inlined one first."""
    out = subprocess.run(["arm-none-eabi-addr2line", "-f", "-i", "-e", elf, "0x%x" % address], stdout=subprocess.PIPE, text=True, check=True)
    return out.stdout.splitlines()[::2]


def function_of(elf, address):
    """(function that masks, whether it is the recorder's): the innermost named hs_ or wrapped one that was inlined there."""
    names = addr2line(elf, address)
    ours = [n for n in names if n.startswith(("hs_", "__wrap_"))]
    return (ours or names)[-1], bool(ours)


def longest(board):
    """{function that masks: (times, most cycles, whether it is the recorder's)} since the board's counters were cleared."""
    elf, most = pico.firmware().replace(".bin", ".elf"), {}
    for row in board.report()["masked"]:
        name, ours = function_of(elf, row["pc"])
        times, cycles, _ = most.get(name, (0, 0, ours))
        most[name] = (times + row["times"], max(cycles, row["longest"]), ours)
    return most


def run_all(board):
    """The work at each level, stopped, begun anew and over a soft reset. Returns what the scripts wrote on stderr."""
    said = b""
    board.clear()
    for start, last, n in (("", "stop()", 1000), ("", "reset()", 600), ("level='sampled', interval=64", "start()", 300),
                           ("level='summary'", "start()", 300)):
        said += board.run(WORK % {"start": start, "last": last, "n": n})[1]
    board.soft_reset()
    return said


def run(tap):
    with pico.Pico() as board:
        said = run_all(board)
        tap.check("interrupts: the work runs", not said, said)
        most = longest(board)
    ours = sorted(((cycles, name, times) for name, (times, cycles, own) in most.items() if own), reverse=True)
    tap.check("interrupts: %d places mask them, %d times" % (len(ours), sum(times for _, _, times in ours)),
              len(ours) >= 3 and sum(times for _, _, times in ours) > 10000, ours)
    for cycles, name, times in ours[:4]:
        print("# masked by %s: %d times, at most %d cycles" % (name, times, cycles), flush=True)
    tap.check("interrupts: masked for at most %d cycles, 10 us at %d MHz (%d)" % (LIMIT, MHZ, ours[0][0]), ours[0][0] <= LIMIT, ours[:4])
