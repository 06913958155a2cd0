# SPDX-License-Identifier: MIT
# Everything that a trace can hold: collections, frees, resizes in place and moved, failures, marks.
import gc
import heapstrata


class Node:
    def __init__(self, n):
        self.n = n
        self.data = bytearray(n % 90)


def grow():
    items = []
    for i in range(300):
        items.append(i)
        items.append("%d" % i)
    return items


def churn(keep):
    for i in range(400):
        node = Node(i)
        if i % 7 == 0:
            keep.append(node)
    b = bytearray(8)
    for i in range(60):
        b += bytes(16)
    return len(b)


heapstrata.mark("begin \"quoted\"")
keep = []
for turn in range(4):
    churn(keep)
    grow()
    gc.collect()
    heapstrata.mark("turn %d" % turn)
    if turn == 1:
        keep = keep[::2]
try:
    bytearray(1000000)
except MemoryError:
    pass
heapstrata.mark("end \u00e9")
