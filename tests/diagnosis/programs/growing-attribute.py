# HS-HEAP-GROWING 9 @64k/64k
# An object keeps its history.
class Sensor:
    def __init__(self):
        self.history = []

    def read(self, n):
        value = "%d degrees at %d" % (n % 40, n)
        self.history.append(value)  #| self.history = [value]
        return value


sensor = Sensor()
for n in range(3000):
    sensor.read(n)
