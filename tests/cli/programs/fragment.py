# SPDX-License-Identifier: MIT
# Small blocks between large ones that go: most of the heap is free, in pieces.
import gc

keep = []


def fill(n):
    junk = []
    for i in range(n):
        junk.append(bytearray(200))
        if i % 2 == 0:
            keep.append(bytearray(20))
    return len(junk)


def main():
    try:
        while True:
            fill(40)
            if gc.mem_free() < 40000:
                break
        gc.collect()
        bytearray(gc.mem_free() // 2)
    except MemoryError:
        print("MemoryError")


main()
