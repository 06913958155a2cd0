# HS-HEAP-FULL 9 @28k/16k
# says: it ends
# A table that belongs to a class, filled while the class is made.
class Decoder:
    table = {}
    for group in range(16):
        for code in range(16):
            number = group * 16 + code
            table[number] = ["op%d" % number, group, code % 3]  #| table[number] = code % 3

    def decode(self, data):
        for byte in data:
            yield self.table[byte]


decoder = Decoder()
total = 0
for part in decoder.decode(b"some code"):
    total += 1
print(total)
