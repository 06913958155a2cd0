# HS-HEAP-PEAK !9 @64k/64k
# Each connection begins with a buffer of its own: the endless loop around them does not make one larger and larger.
class Connection:
    def __init__(self):
        self.received = b""

    def feed(self, part):
        # old and new
        self.received += part


def serve():
    n = 0
    while True:
        c = Connection()
        for i in range(60):  #| for i in range(20):
            c.feed(bytes(600))
        n += 1
        if n == 9:
            raise SystemExit


serve()
