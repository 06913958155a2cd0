# HS-HEAP-HELD 7 @65k/57k
# A decoder keeps the packets that it has decoded.
class Decoder:
    def __init__(self, raw):
        self.count = 0
        self.total = 0
        self.raw = [bytes(raw[i : i + 100]) for i in range(0, len(raw), 100)]

    def decode(self):
        for packet in self.raw:
            self.count += 1
            self.total += packet[0]
        return self.total  #| self.raw = None; return self.total

    def mean(self):
        return self.total / self.count


def load():
    return Decoder(b"abcdefghij" * 1600)


decoder = load()
decoder.decode()


def report(n):
    lines = bytearray(n)
    return len(lines) * decoder.mean()


print(report(26000))
