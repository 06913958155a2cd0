# SPDX-License-Identifier: MIT
# Runs on MicroPython:  work.py STOP
# Work that is interrupted by Ctrl-C again and again, until there is a file STOP: frames on the stack and on the heap, generators, exceptions,
# resizes, collections. At its end the map of the heap, as the oracle's driver prints it.
import gc
import heapstrata
import micropython
import os
import sys


def descend(n):
    return [n] + descend(n - 1) if n else []


def numbers(n):
    for i in range(n):
        yield (i, str(i))


def wide(a, b, c, d, e, f, g, h):  # its state does not fit the C stack's share, so it is on the heap
    x0, x1, x2, x3, x4, x5 = [a], [b], [c], [d], [e], [f]
    return x0 + x1 + x2 + x3 + x4 + x5 + [g, h]


def fails(n):
    try:
        raise ValueError(n)
    except ValueError as e:
        return e


def turn(kept):
    kept.append(descend(12))
    kept.append([x for x in numbers(20)])
    kept.append(wide(1, 2, 3, 4, 5, 6, 7, 8))
    kept.append(fails(len(kept)))
    buffer = bytearray(10)
    for i in range(12):
        buffer.extend(b"0123456789")
    if len(kept) > 40:
        del kept[:30]


def witness(k):
    return bytearray(5000 + k)  # the line that the test looks for


def oracle(mark=heapstrata.mark, mem_info=micropython.mem_info):
    mark("oracle")
    mem_info(1)


def stopped():
    try:
        os.stat(sys.argv[1])
        return True
    except OSError:
        return False


done = caught = 0
kept = []
while True:
    try:
        if not done and not caught:
            print("ready")
        while not stopped():
            for i in range(20):
                turn(kept)
            done += 1
            if done % 4 == 0:
                gc.collect()
        break
    except KeyboardInterrupt:
        caught += 1
        witness(caught % 50)
print("caught", caught)
oracle()
