# SPDX-License-Identifier: MIT
# Memory that grows from mark to mark, without a collection in between. At each mark the firmware prints its own figures.
import gc
import heapstrata
import micropython

kept = []
gc.collect()
gc.disable()
for label in ("one", "two", "three"):
    kept.append(bytearray(4000))
    heapstrata.mark(label)
    micropython.mem_info()
