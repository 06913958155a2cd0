# SPDX-License-Identifier: MIT
# Two threads that allocate; the main one frees some of what the other took.
import _thread
import gc
import time

shared = []
done = []


def work(n):
    for i in range(n):
        shared.append(bytearray(i % 100))
        if i % 10 == 0:
            time.sleep_ms(1)
    done.append(1)


_thread.start_new_thread(work, (300,))
own = []
for i in range(200):
    own.append([i])
    if i % 20 == 0:
        time.sleep_ms(2)
while not done:
    time.sleep_ms(1)
while len(shared) > 100:
    shared.pop()
gc.collect()
