# SPDX-License-Identifier: MIT
# Allocates in several ways, stops recording and waits for the debugger at stats().
import heapstrata
import sys

heapstrata.start()
heapstrata.mark("work")
kept = []
for i in range(400):
    kept.append(bytearray(20 + i % 90))
    if i % 3:
        kept.pop(0)
heapstrata.mark("done")
heapstrata.stop()
if len(sys.argv) > 1:
    with open(sys.argv[1], "wb") as f:
        heapstrata.dump(f)
heapstrata.stats()
