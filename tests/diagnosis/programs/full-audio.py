# HS-HEAP-FULL 7 @56k/52k
# The sound buffer is larger than is needed.
class Player:
    def __init__(self, seconds):
        self.volume = 5
        # 8 kHz, 8 bits
        self.buffer = bytearray(seconds * 8000)  #| self.buffer = bytearray(8000)


player = Player(5)
for n in range(1000):
    line = "line %d" % n
recording = bytearray(20000)
