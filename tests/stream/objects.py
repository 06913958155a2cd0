# SPDX-License-Identifier: MIT
# objects.py FILE FILE: streams into a file, into an object written in Python, and into such that fail.
import heapstrata
import io
import sys


class Python(io.IOBase):
    """Takes less than it is given, and allocates."""

    def __init__(self, name):
        self.file = open(name, "wb")

    def write(self, data):
        part = bytes(data)[:100]
        self.file.write(part)
        return len(part)


class Broken(io.IOBase):
    def write(self, data):
        raise ValueError("no")


def work():
    kept = [bytearray(20 + i % 90) for i in range(500)]
    for i in range(5000):
        kept[i * 7 % 500] = bytearray(20 + i % 90)


def stream(to):
    heapstrata.reset()
    heapstrata.stream(to)
    heapstrata.start()
    work()
    heapstrata.stop()
    counted = heapstrata.stats()
    heapstrata.stream(None)
    print(counted)


file = open(sys.argv[1], "wb")
stream(file)
file.close()
out = Python(sys.argv[2])
stream(out)
out.file.close()

heapstrata.reset()
heapstrata.stream(Broken())
heapstrata.start()
work()
try:
    heapstrata.poll()
    print("no error")
except OSError:
    pass
assert heapstrata.poll()
heapstrata.stop()
for wrong in (1, "x", [], heapstrata):
    try:
        heapstrata.stream(wrong)
        print("taken:", wrong)
    except (OSError, TypeError):
        pass
try:
    heapstrata.stream(out, 0)
    print("taken: 0")
except ValueError:
    pass
heapstrata.stream(None)
print("all well")
