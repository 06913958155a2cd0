# SPDX-License-Identifier: MIT
# threads.py FILE: four threads allocate while the trace is streamed.
import _thread
import heapstrata
import sys
import time


def work():
    global running
    for i in range(3000):
        x = [bytearray(10 + i % 50) for _ in range(5)]
    with lock:
        running -= 1


lock = _thread.allocate_lock()
file = open(sys.argv[1], "wb")
heapstrata.stop()
heapstrata.reset()
heapstrata.stream(file)
heapstrata.start()
running = 4
for _ in range(4):
    _thread.start_new_thread(work, ())
while running:
    heapstrata.poll()
    time.sleep_ms(1)
heapstrata.stop()
counted = heapstrata.stats()
heapstrata.stream(None)
file.close()
print(counted)
