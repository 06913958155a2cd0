# SPDX-License-Identifier: MIT
# Runs on MicroPython:  endless.py NAME
# Works for ever and says how far it is: a mark first, then the heap's figures, with nothing allocated between.
import heapstrata
import micropython
import sys

name = sys.argv[1]
keep = []
step = 0
while True:
    step += 1
    for i in range(step % 37):
        keep.append(bytearray(i * 3))
        keep.append("text %d" % i)
    if len(keep) > 120:
        keep = keep[step % 3::3]
    label = "%s %d" % (name, step)
    line = "@" + label
    heapstrata.mark(label)
    print(line)
    micropython.mem_info()
