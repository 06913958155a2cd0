# HS-HEAP-FULL 9 @64k/40k
# A list that is made at once and stays is no peak: the program reads it as long as it runs.
import math


class Wave:
    def __init__(self, n):
        self.n = n
        self.sines = [math.sin(2 * math.pi * i / n) for i in range(n)]  #| self.sines = [0, 1, 0, -1]

    def at(self, i):
        return self.sines[i % len(self.sines)]


wave = Wave(1500)
for i in range(300):
    wave.at(i)
