# SPDX-License-Identifier: MIT
# Python's heap grows until heap_caps has no more.
keep = []
try:
    while True:
        keep.append(bytearray(20000))
except MemoryError:
    keep = None
