# SPDX-License-Identifier: MIT
# Every second block stays, so that the free space is in small pieces, and then a large one is asked for.
blocks = [bytearray(200) for i in range(180)]
for i in range(0, 180, 2):
    blocks[i] = None
try:
    big = bytearray(9000)
except MemoryError:
    print("MemoryError")
