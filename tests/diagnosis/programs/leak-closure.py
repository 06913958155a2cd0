# HS-HEAP-GROWING 10
# Each callback keeps a buffer.
import gc
import sys

callbacks = []


def add(n):
    buffer = bytearray(100)
    callbacks.append(lambda: buffer[n])


for c in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
    add(c)
    gc.collect()
