# SPDX-License-Identifier: MIT
# Runs on MicroPython:  reload.py ROUNDS FILES FUNCTIONS LINES COLLECT
# Program text comes and goes, so that bytecode is where other bytecode has been. Each text allocates 4000+n
# bytes in a function, on a line and in a file that follow from n; the last line tells how many were made.
import gc
import sys

FIRST = 4000
rounds, files, functions, lines, collect = (int(a) for a in (sys.argv[1:] or "60 2 3 4 1".split()))
keep = []
for n in range(rounds):
    text = "%sdef made%d():\n    return bytearray(%d)\nmade%d()\n" % (
        "\n" * (n % lines), n % functions, FIRST + n, n % functions)
    exec(compile(text, "file%d.txt" % (n % files), "exec"))
    if n % 5 == 0:
        keep.append(globals()["made%d" % (n % functions)])
        keep = keep[-3:]
    del text
    if collect and n % collect == 0:
        gc.collect()
print("@made", rounds)
