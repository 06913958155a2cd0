# SPDX-License-Identifier: MIT
# Allocates for some seconds, so that someone can look on.
import time

for i in range(25):
    x = [bytearray(50) for _ in range(400)]
    time.sleep_ms(100)
