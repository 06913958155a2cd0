# SPDX-License-Identifier: MIT
# Runs on MicroPython: a program of some thousand events; prints the recorder's own figures at a mark.
import gc
import heapstrata


def work(n):
    keep = []
    for i in range(n):
        keep.append(bytearray(i % 97))
        if len(keep) > 200:
            keep = keep[::2]
        if i % 500 == 0:
            heapstrata.mark("at %d" % i)
    return keep


work(2000)
gc.collect()
heapstrata.stop()
unseen = [bytearray(i) for i in range(100)]
heapstrata.start()
work(1000)
heapstrata.snapshot()
work(3000)
stats = heapstrata.stats()
heapstrata.mark("stats")
print(stats)
heapstrata.stop()
