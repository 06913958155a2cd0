# SPDX-License-Identifier: MIT
# Work whose allocations depend on nothing but this text: lists, bytearrays, strings, a dict that grows, blocks
# that stay and blocks that go. At each mark the firmware prints its own figures.
import gc
import micropython
try:
    import heapstrata
except ImportError:
    heapstrata = None

kept = []
table = {}


def small(i):
    return [i, i + 1]


def medium(i):
    return bytearray(50 + i % 70)


def large(i):
    return bytearray(600 + 40 * (i % 20))


def text(i):
    return "value of %d is %d" % (i, i * i)


def keep(i):
    kept.append(bytearray(100 + i % 30))
    if len(kept) > 120:
        del kept[0]


def grow(i):
    table[i % 150] = text(i)


def round_(n):
    for i in range(n):
        small(i)
        medium(i)
        if i % 8 == 0:
            large(i)
        keep(i)
        grow(i)


def figures(label):
    gc.collect()
    if heapstrata:
        heapstrata.mark(label)
    micropython.mem_info()


round_(400)
figures("one")
round_(1200)
figures("two")
kept.clear()
figures("three")
