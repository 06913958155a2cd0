# SPDX-License-Identifier: MIT
# Allocations that fail for every reason there is on a MicroPython heap, one after the other.
import gc
import micropython


def locked():
    micropython.heap_lock()
    try:
        bytearray(40)
    finally:
        micropython.heap_unlock()


def full():
    return bytearray(1000000)


def uncollected():
    gc.disable()
    try:
        while True:
            bytearray(2000)
    finally:
        gc.enable()


for reason in (locked, full, uncollected):
    try:
        reason()
    except MemoryError:
        gc.collect()
