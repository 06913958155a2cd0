# SPDX-License-Identifier: MIT
# steady.py SECONDS: allocates at a steady pace, 10 blocks of 100 bytes every 10 ms, and keeps some.
import sys
import time

kept = []


def ten():
    return [bytearray(100) for i in range(10)]


start = time.ticks_ms()
n = 0
while time.ticks_diff(time.ticks_ms(), start) < 1000 * float(sys.argv[1]):
    kept.append(ten()[0])
    if len(kept) > 50:
        del kept[:25]
    n += 1
    if n % 20 == 0:
        print("round", n)
    time.sleep_ms(max(0, 10 * n - time.ticks_diff(time.ticks_ms(), start)))
