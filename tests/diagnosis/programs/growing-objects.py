# HS-HEAP-GROWING 9 10
# Objects register themselves and never leave.
class Station:
    def __init__(self):
        self.listeners = []

    def listen(self, name):
        # one more
        sensor = bytearray(300)
        self.listeners.append((name, sensor))  #| self.listeners = [(name, sensor)]
        return sensor


station = Station()
for round in range(1000):
    station.listen("s")
    scratch = [0] * 50
