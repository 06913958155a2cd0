# HS-HEAP-HELD !7 @37k/36k
# says: the attribute data
# An object keeps the data that it was given.
class Font:
    def __init__(self, name, data):
        self.name = name
        self.data = data
        self.width = 0

    def measure(self):
        self.width = max(self.data)  #| self.width = max(self.data); self.data = None


def draw(font):
    image = bytearray(24000)
    return font.width + len(image)


font = Font("plain", bytes(20000))
font.measure()
print(draw(font))
