# HS-HEAP-HELD !13 @40k/32k
# says: a view of the keys of a dict in held-keys.names
# advises: list(keys)
# A view of the keys keeps the values too.
class Store:
    def __init__(self):
        self.entries = {}

    def load(self, n):
        for i in range(n):
            self.entries[i] = bytes(100)
        # the caller needs the keys
        return self.entries.keys()  #| return list(self.entries.keys())


names = Store().load(150)
for n in range(100):
    text = "line %d" % n
frame = bytearray(15000)
print(len(frame), list(names)[:3])
