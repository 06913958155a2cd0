# HS-HEAP-GROWING 9
import gc


class Connection:
    pool = []

    def __init__(self, n):
        self.buffer = bytearray(64)
        self.n = n
        Connection.pool.append(self)


for c in range(10):
    last = Connection(c)
    gc.collect()
