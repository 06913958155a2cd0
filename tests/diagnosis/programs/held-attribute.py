# HS-HEAP-HELD 7 @58k/60k
# An object keeps what it was made from.
class Parser:
    def __init__(self):
        self.result = None
        # the raw data
        self.raw = b"7;8;9;" * 5000

    def parse(self):
        self.result = self.raw[:1]  #| self.result = self.raw[:1]; self.raw = None


parser = Parser()
parser.parse()
for n in range(2000):
    line = "line %d" % n
buffer = bytearray(31000)
