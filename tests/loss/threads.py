# SPDX-License-Identifier: MIT
# Runs on MicroPython: the same from several threads at once.
import _thread
import gc
import heapstrata
import time

running = 4


def work(number):
    global running
    keep = []
    for i in range(2000):
        keep.append(bytearray(i % 97))
        if len(keep) > 100:
            keep = keep[::2]
        if i % 500 == number:
            heapstrata.mark("thread %d at %d" % (number, i))
    with lock:
        running -= 1


lock = _thread.allocate_lock()
for number in range(running):
    _thread.start_new_thread(work, (number,))
while running:
    time.sleep(0.001)
stats = heapstrata.stats()
heapstrata.mark("stats")
print(stats)
heapstrata.stop()
