# HS-HEAP-PEAK !18 =18 @12k/7k
# advises: no allocation fails up to its end if that is at most
# Pulses of a counter: the list doubles, although fewer places than the next step has are needed.
class Counter:
    def __init__(self):
        self.time = 0

    def pulse(self, n):
        self.time += 7 + n % 5
        return self.time


class Trace:
    def __init__(self):
        self.times = []  #| self.times = [None] * 700

    def take(self, n, time):
        self.times.append(time)  #| self.times[n] = time


counter = Counter()
trace = Trace()
for n in range(700):
    trace.take(n, counter.pulse(n))
print(trace.times[-1])
