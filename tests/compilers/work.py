# SPDX-License-Identifier: MIT
# More than 256 KB of stream: marks, collections, resizes, equal lines in equal shares, a failure, references.
import gc
import heapstrata


class Node:
    def __init__(self, n):
        self.data = bytearray(n % 200)


def left(n):
    return [bytearray(64) for _ in range(n)]


def right(n):
    return [bytearray(64) for _ in range(n)]


def churn(rounds):
    kept = []
    for i in range(rounds):
        kept.append(Node(i * 7 % 211))
        if len(kept) > 150:
            kept = kept[::2]
        "%d of %s" % (i, hex(i * 77))
        hash("%s" % i)
    return kept


pair = left(8), right(8)
heapstrata.mark("ready")
kept = churn(400)
heapstrata.snapshot(refs=True)
heapstrata.mark("middle")
for turn in range(20):
    churn(400)
    gc.collect()
try:
    bytearray(10000000)
except MemoryError:
    pass
heapstrata.snapshot(refs=True)
heapstrata.mark("end")
