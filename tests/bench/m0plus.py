# SPDX-License-Identifier: MIT
"""A Raspberry Pi Pico (Cortex-M0+, two cores) as tests/rp2 emulates it: what an allocation takes of instructions and cycles,
plain, stopped and recording, and for how long interrupts are masked. Flash has no wait states there, so cycles are the least
that code in flash takes. Everything is counted, so it is the same in each run."""
import os
import subprocess
import sys

import common

sys.path.insert(0, os.path.join(common.ROOT, "tests", "rp2"))
import pico
import rp2_masked

N = 4000          # within what the heap has room for: no collection comes between
MHZ = rp2_masked.MHZ
RIG = """
import gc, machine
try:
    import heapstrata
    %(recorder)s
except ImportError:
    pass
m, lap = machine.mem32, 0x4005800c
def run():
    for i in range(%(n)d):
        %(body)s
gc.collect()
m[lap] = 1
run()
m[lap] = 2
"""
MODES = [("plain", True, "pass"), ("stopped", False, "heapstrata.stop()"), ("recording", False, "heapstrata.start()"),
         ("sampled", False, "heapstrata.start(level='sampled', interval=1024)"),
         ("summary", False, "heapstrata.start(level='summary')")]
BODIES = [("a float", "i * 0.5", 1), ("a list of one", "[i]", 2), ("a bytearray of 40", "bytearray(40)", 2)]

def lapped(board, mode, body):
    """(instructions, cycles) of the loop."""
    board.clear()
    _, error = board.run(RIG % {"recorder": mode[2], "n": N, "body": body})
    if error:
        raise RuntimeError(error.decode())
    first, second = (lap["cores"][0] for lap in board.report()["laps"])
    return second["instructions"] - first["instructions"], second["cycles"] - first["cycles"]


def allocations(report):
    seen = {}
    for mode in MODES:
        for name, body, _ in [("nothing", "i", 0)] + BODIES:
            with pico.Pico(pico.firmware(plain=mode[1])) as board:  # a heap as new for each
                seen[mode[0], name] = lapped(board, mode, body)
    rows = []
    for name, _, blocks in BODIES:
        for mode, _, _ in MODES:
            instructions, cycles = ((seen[mode, name][i] - seen[mode, "nothing"][i]) / N / blocks for i in (0, 1))
            plain = [(seen["plain", name][i] - seen["plain", "nothing"][i]) / N / blocks for i in (0, 1)]
            rows.append((name, mode, instructions, cycles, instructions - plain[0], cycles - plain[1], (cycles - plain[1]) / MHZ))
    report.table("allocation", ["%d times" % N, "recorder", "instructions", "cycles", "added instructions", "added cycles", "added us"], rows,
                 "An allocation, with all that the interpreter does for it")


def masked(report):
    with pico.Pico() as board:
        rp2_masked.run_all(board)
        longest = rp2_masked.longest(board)
    rows = sorted(((name, "ours" if ours else "MicroPython, SDK", times, most, most / MHZ) for name, (times, most, ours) in longest.items()),
                  key=lambda row: -row[3])[:8]
    report.table("masked", ["function that masks", "whose", "times", "cycles at most", "us at most"], rows,
                 "Interrupts masked, at %d MHz" % MHZ)
    ours = [row[4] for row in rows if row[1] == "ours"]
    report.target("Pico: longest time with interrupts masked, us", max(ours, default=0), 10)


def run(report):
    report.section("m0plus", "On a Raspberry Pi Pico (Cortex-M0+, emulated)")
    if pico.missing():
        report.skip("the Pico", pico.missing())
        return
    try:
        allocations(report)
        masked(report)
    except (pico.BoardError, subprocess.SubprocessError) as error:
        report.skip("the Pico", str(error))
