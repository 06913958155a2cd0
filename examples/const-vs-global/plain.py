# SPDX-License-Identifier: MIT
"""How much a list that never changes costs."""
import gc
import heapstrata
import micropython

levels = [123, 456, 789, 111, 222, 333, 444, 555, 666, 777]


def main():
    gc.collect()
    heapstrata.mark("before")
    print("before", gc.mem_alloc())
    abc = [123, 456, 789, 111, 222, 333, 444, 555, 666, 777]
    heapstrata.mark("with a copy")
    print("with a copy", gc.mem_alloc())
    del abc
    gc.collect()
    heapstrata.mark("without the copy")
    print("without the copy", gc.mem_alloc())
    del globals()['levels']
    gc.collect()
    heapstrata.mark("after del")
    print("after del", gc.mem_alloc())


if __name__ == "__main__":
    main()
