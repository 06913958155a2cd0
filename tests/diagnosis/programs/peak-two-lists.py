# HS-HEAP-PEAK 13 14 @56k/31k
# advises: the same for what
# Two lists that double in one loop: the second one would fail next.


class Scope:
    def __init__(self, size):
        self.times = []  #| self.times = [None] * size
        self.trace = []  #| self.trace = [None] * size

    def record(self, count):
        for n in range(count):
            self.times.append(n * 50)  #| self.times[n] = n * 50
            self.trace.append(n % 100)  #| self.trace[n] = n % 100


scope = Scope(2300)
scope.record(2300)
print(max(scope.trace), scope.times[-1])
