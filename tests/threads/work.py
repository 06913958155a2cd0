# SPDX-License-Identifier: MIT
# Runs on MicroPython:  work.py THREADS ROUNDS
# Each thread allocates blocks of sizes that no other one has, in an order that is known, and marks its way.
import _thread
import heapstrata
import sys
import time

threads, rounds = int(sys.argv[1]), int(sys.argv[2])
running = threads
lock = _thread.allocate_lock()


def work(number):
    global running
    keep = [None] * 8
    for i in range(rounds):
        for k in range(7):
            keep[k] = bytearray(1000 * (number + 1) + (i * 7 + k) % 900)
        heapstrata.mark("t%d %d" % (number, i))
        if i % 50 == number:
            heapstrata.snapshot()
    with lock:
        running -= 1


for number in range(threads):
    _thread.start_new_thread(work, (number,))
while running:
    time.sleep(0.001)
stats = heapstrata.stats()
print(stats)
heapstrata.stop()
