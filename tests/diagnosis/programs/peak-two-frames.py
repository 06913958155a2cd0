# HS-HEAP-PEAK 11 @48k/48k
# The next frame is made while the one before it is still shown.
class Display:
    def __init__(self):
        self.frame = None

    def draw(self, n):
        return bytearray(15000)

    def show(self, n):
        frame = bytearray(26000)  #| frame = self.frame or bytearray(26000)
        frame[n] = 1
        self.frame = frame


display = Display()
for n in range(5):
    display.show(n)
