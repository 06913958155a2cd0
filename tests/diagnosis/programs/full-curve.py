# HS-HEAP-FULL 15 @40k/32k
# says: it ends
# A table by a loop with a counter of its own; the program reads it for ever after.
import array


class Curve:
    def __init__(self, count):
        self.count = count
        self.points = []  #| self.points = array.array("f", bytes(4 * count))

    def fill(self):
        i = 0
        while i < self.count:
            self.points.append((i * 0.25, i * i * 0.125))  #| self.points[i] = i * i * 0.125
            i += 1

    def at(self, x):
        return self.points[x % self.count]


curve = Curve(900)
curve.fill()
for x in range(0, 5000, 100):
    print(curve.at(x))
