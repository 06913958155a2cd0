# SPDX-License-Identifier: MIT
# Changes the level while it works; prints what stats() says of it.
import heapstrata


def work(n):
    x = None
    for i in range(n):
        x = [x, bytearray(40 + i % 50)] if i % 50 else None


def say():
    s = heapstrata.stats()
    print(s["level"], s["interval"], s["recording"])


say()
work(500)
for level, interval in (("summary", None), ("sampled", 2048), ("full", None), ("sampled", 512), ("sampled", 4096), ("full", None)):
    heapstrata.start(level=level, interval=interval)
    say()
    work(500)
heapstrata.start()
say()
heapstrata.stop()
heapstrata.start(level="summary")
heapstrata.snapshot()
work(500)
heapstrata.stop()
say()
for wrong in ({"level": "some"}, {"level": 2}, {"interval": 0}, {"interval": 1 << 25}, {"level": "sampled", "interval": "x"}):
    try:
        heapstrata.start(**wrong)
        print("taken:", wrong)
    except (ValueError, TypeError) as error:
        print(type(error).__name__)
say()
