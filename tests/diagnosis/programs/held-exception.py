# HS-HEAP-HELD 12 @60k/64k
# A kept exception keeps the data that it carries.
class BadData(Exception):
    def __init__(self, size):
        super().__init__("bad", bytes(size))  #| super().__init__("bad", size)


last = None
try:
    raise BadData(30000)
except BadData as e:
    last = e
for n in range(2000):
    line = "line %d" % n
buffer = bytearray(31000)
