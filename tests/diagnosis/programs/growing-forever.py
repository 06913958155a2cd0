# HS-HEAP-GROWING 11 @48k/40k
# A loop without end that leaves by a break; the average is over all that was ever measured.
class Meter:
    def __init__(self):
        self.values = []

    def measure(self, n):
        return 20 + n % 7 * 0.5

    def step(self, n):
        self.values.append(self.measure(n))  #| self.values[:] = [self.measure(n)]
        return sum(self.values) / len(self.values)


meter = Meter()
n = 0
while True:
    n += 1
    average = meter.step(n)
    if n > 2500:
        break
print(average)
