# SPDX-License-Identifier: MIT
# A short trace with something of everything: marks, resizes, collections, a failure, references.
import gc
import heapstrata

kept = [bytearray(i) for i in range(60)]
heapstrata.mark("ready")
kept = kept[::2]
gc.collect()
try:
    bytearray(10000000)
except MemoryError:
    pass
heapstrata.snapshot(refs=True)
main = [str(i) for i in range(40)]
heapstrata.mark("end")
