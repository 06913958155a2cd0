# HS-HEAP-FULL 11 @22k/20k
# Buffers of which one has the size of two others together, by chance.
import array

N = 1024


class Axis:
    def __init__(self, name):
        self.name = name
        self.samples = array.array("h", range(2 * N))  #| self.samples = array.array("h", range(N // 2))

    def fill(self, seed):
        for i in range(len(self.samples)):
            self.samples[i] = seed + i % 50


axes = [Axis(name) for name in "xyz"]
for seed, axis in enumerate(axes):
    axis.fill(seed)
work = array.array("i", range(2 * N))
for axis in axes:
    for i, value in enumerate(axis.samples):
        work[i] += value
print(work[0])
