# SPDX-License-Identifier: MIT
"""A Raspberry Pi Pico (Cortex-M0+, two cores) as tests/rp2 emulates it: what an allocation takes of instructions and cycles,
plain, stopped and recording, and for how long interrupts are masked. Flash has no wait states there, so cycles are the least
that code in flash takes. Everything is counted, so it is the same in each run."""
import os
import statistics
import subprocess
import sys

import common

sys.path.insert(0, os.path.join(common.ROOT, "tests", "rp2"))
import pico
import rp2_masked

SLICES, EACH = 40, 100  # 4,000 loops are within what the heap has room for: no collection comes between
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
    for i in range(%(each)d):
        %(body)s
gc.collect()
m[lap] = 0
for k in range(%(slices)d):
    run()
    m[lap] = k
"""
MODES = [("plain", True, "pass"), ("stopped", False, "heapstrata.stop()"), ("recording", False, "heapstrata.start()"),
         ("sampled", False, "heapstrata.start(level='sampled', interval=1024)"),
         ("summary", False, "heapstrata.start(level='summary')")]
BODIES = [("a float", "i * 0.5", 1), ("a list of one", "[i]", 2), ("a bytearray of 40", "bytearray(40)", 2)]


def keyframe_address():
    """Of the function that writes a keyframe, in the firmware with hooks."""
    for line in common.output(common.ARM + "nm", pico.firmware().replace(".bin", ".elf")).splitlines():
        if line.endswith(" T hs_keyframe"):
            return int(line.split()[0], 16)
    raise RuntimeError("the firmware of the Pico has no hs_keyframe")


def slices(board, mode, body, keyframe):
    """([(instructions, cycles) of a loop], how many slices were left out): a list of the slices that have no keyframe, which is as
    large as the heap's layout and so does not belong to an allocation."""
    board.clear(watch=None if mode[1] else keyframe)
    _, error = board.run(RIG % {"recorder": mode[2], "each": EACH, "slices": SLICES, "body": body})
    if error:
        raise RuntimeError(error.decode())
    laps = board.report()["laps"]
    pairs = [(a, b) for a, b in zip(laps, laps[1:]) if a["watched"] == b["watched"]]
    return [tuple((b["cores"][0][n] - a["cores"][0][n]) / EACH for n in ("instructions", "cycles")) for a, b in pairs], SLICES - len(pairs)


def summed(part):
    """{"median": (instructions, cycles), "mean": ...} of slices."""
    return {name: tuple(f(column) for column in zip(*part)) for name, f in (("median", statistics.median), ("mean", statistics.mean))}


def allocations(report):
    seen, out, keyframe = {}, {}, keyframe_address()
    for mode in MODES:
        for name, body, _ in [("nothing", "i", 0)] + BODIES:
            with pico.Pico(pico.firmware(plain=mode[1])) as board:  # a heap as new for each
                part, out[mode[0], name] = slices(board, mode, body, keyframe)
                seen[mode[0], name] = summed(part)
    if not any(out["recording", name] for name, _, _ in BODIES):
        raise RuntimeError("no keyframe in %d loops: the address of hs_keyframe is not where it is written" % (SLICES * EACH))
    rows = []
    for name, _, blocks in BODIES:
        for mode, _, _ in MODES:
            def of(which, kind, column):
                return (seen[which, name][kind][column] - seen[which, "nothing"][kind][column]) / blocks
            added = [of(mode, "median", column) - of("plain", "median", column) for column in (0, 1)]
            rows.append((name, mode, of(mode, "median", 0), of(mode, "median", 1), *added, added[1] / MHZ,
                         of(mode, "mean", 0) - of("plain", "mean", 0), of(mode, "mean", 1) - of("plain", "mean", 1), out[mode, name]))
    report.table("allocation", ["median of %d slices of %d" % (SLICES, EACH), "recorder", "instructions", "cycles", "added instructions",
                                "added cycles", "added us", "mean: added instructions", "cycles", "slices left out"], rows,
                 "An allocation, with all that the interpreter does for it; slices with a keyframe are left out")


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
