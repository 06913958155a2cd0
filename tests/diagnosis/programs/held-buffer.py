# HS-HEAP-HELD !8 @40k/42k
# advises: buffer = None before held-buffer.py:8
# The old buffer of an attribute is there until the new one is.
class Screen:
    def __init__(self):
        self.buffer = bytearray(10)
    def resize(self, width, height):
        self.buffer = bytearray(width * height // 8)  #| self.buffer = None; self.buffer = bytearray(width * height // 8)
        self.buffer[0] = width & 255


screen = Screen()
screen.resize(400, 400)
print(len(screen.buffer))
for n in range(500):
    text = "line %d" % n
screen.resize(440, 400)
print(screen.buffer[0])
