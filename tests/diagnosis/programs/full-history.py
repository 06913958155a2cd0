# HS-HEAP-FULL 8 @48k/32k
# The history is sized for a year.
class History:
    def __init__(self):
        # most of the heap
        self.names = ["temperature", "pressure"]
        self.unit = {"temperature": "C", "pressure": "hPa"}
        self.values = [0] * 4800  #| self.values = [0] * 1200
        self.at = 0


history = History()
for n in range(3000):
    history.values[n % 1000] = len("value %d" % n)
report = bytearray(12000)
print(sum(history.values))
