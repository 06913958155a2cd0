# SPDX-License-Identifier: MIT
# Runs on MicroPython:  once.py NAME SIZE
# Each boot allocates blocks of a size of its own on the same lines, then shows its map.
import heapstrata
import micropython
import sys


def first(n):
    return bytearray(n)  # line 10


class Thing:
    def second(self, n):
        return [self, bytearray(n + 1)]  # line 15


name, size = sys.argv[1], int(sys.argv[2])
keep = [first(size), Thing().second(size), [bytearray(i) for i in range(40)]]
mark, mem_info = heapstrata.mark, micropython.mem_info
mark(name)
mem_info(1)
