# HS-HEAP-PEAK 11 @30k/16k
# A list that is filled by append() doubles.
class Logger:
    def __init__(self):
        self.values = []  #| self.values = [0] * 3200
        self.n = 0

    def add(self, value):
        # one more value
        n = self.n
        self.values.append(value)  #| self.values[n] = value
        self.n += 1


logger = Logger()
for n in range(3200):
    logger.add(n)
