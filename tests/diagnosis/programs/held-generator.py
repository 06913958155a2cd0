# HS-HEAP-HELD !8 @38k/37k
# says: the attribute rows
# A generator of which only the first value is used keeps its variables.
class Table:
    def __init__(self):
        self.columns = 0
        # not read to its end
        self.rows = self.read(20000)

    def read(self, size):
        block = bytearray(size)
        while True:
            block[0] += 1
            yield block[0]

    def head(self):
        self.columns = next(self.rows)  #| self.columns = next(self.rows); self.rows = None

    def draw(self):
        image = bytearray(24000)
        return len(image) + self.columns


table = Table()
table.head()
print(table.draw())
