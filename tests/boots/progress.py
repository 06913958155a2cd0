# SPDX-License-Identifier: MIT
# Runs on MicroPython:  progress.py NAME
# Works for ever; says each step to the trace, then to the console, so that the console is never ahead.
import heapstrata
import sys

name = sys.argv[1]
keep = []
step = 0
while True:
    step += 1
    for i in range(step % 23):
        keep.append([bytearray(i * 5)])
    keep = keep[step % 2::2] if len(keep) > 90 else keep
    label = "%s %d" % (name, step)
    heapstrata.mark(label)
    print("@" + label)
