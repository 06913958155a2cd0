# HS-HEAP-HELD 5 @33k/31k
# Raw data that only functions use which have done their work.
import array

raw = array.array("H", range(9000))


def capture():
    for i in range(len(raw)):
        raw[i] = 2000 + i * 37 % 91


def calibrate():
    total = 0
    for value in raw:
        total += value
    return total // len(raw)


class Ring:
    def __init__(self, size):
        self.data = array.array("H", range(size))
        self.head = 0

    def put(self, value):
        self.data[self.head] = value
        self.head = (self.head + 1) % len(self.data)


capture()
offset = calibrate()
print("offset", offset)  #| print("offset", offset); raw = None
ring = Ring(8000)
for n in range(200):
    ring.put(abs(2000 + n - offset))
print(ring.head)
