# SPDX-License-Identifier: MIT
# A heap that grows by areas, each a block of heap_caps.
import gc, micropython
import heapstrata
keep = []
for i in range(3000):
    keep.append(bytearray(i % 200))
    if i % 500 == 0:
        heapstrata.mark("step %d" % i)
heapstrata.mark("grown")
micropython.mem_info(1)
