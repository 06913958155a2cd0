# SPDX-License-Identifier: MIT
# Marks, a map printed by the firmware at one of them, and arguments, exit status and output to pass on.
import gc
import sys
import micropython
import heapstrata

keep = []
heapstrata.mark("start")
for turn in range(3):
    for i in range(60):
        keep.append(bytearray(30 + 7 * turn))
        "x" * (100 + i)
    heapstrata.mark("turn")
for i in range(0, len(keep), 2):
    keep[i] = None
gc.collect()
heapstrata.mark("printed")
micropython.mem_info(1)
print("arguments", sys.argv[1:])
if len(sys.argv) > 1 and sys.argv[1] == "loop":
    print("looping")
    while True:
        keep[0] = [1, 2, 3]
sys.exit(len(sys.argv) + 2)
