# HS-HEAP-GROWING 10 @64k/64k
# A list in a dict in an object.
class Store:
    def __init__(self):
        self.rows = {"in": [], "out": []}

    def put(self, way, n):
        row = [n, n * 2, "row %d" % n]
        # never taken out
        self.rows[way].append(row)  #| self.rows[way] = [row]


store = Store()
for n in range(5000):
    store.put("in" if n % 2 else "out", n)
