# HS-HEAP-FULL 18 @42k/40k
# A buffer that only an object uses from then on: its name does not occur again, but it is needed.
class Display:
    def __init__(self, buffer):
        self.buffer = buffer

    def draw(self, level):
        for i in range(0, len(self.buffer), 500):
            self.buffer[i] = level

    def show(self):
        return sum(self.buffer)


SIZE = 24000


buffer = bytearray(SIZE)  #| buffer = bytearray(SIZE // 4)
print(len(buffer))
display = Display(buffer)
display.draw(1)
picture = bytearray(20000)
display.draw(2)
print(display.show(), len(picture))
