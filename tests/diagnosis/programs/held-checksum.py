# HS-HEAP-HELD !35 =35 @46k/45k
# says: in an exception that carries them
# advises not: str(
# advises: raise it without the data
# The text of this exception has the whole frame in it: to keep str(fault) needs more than to keep the exception.
class BadFrame(Exception):
    pass


class Port:
    def frame(self, size):
        return bytearray(size)


class Reader:
    def __init__(self, port):
        self.port = port
        self.fault = None
        self.good = 0

    def check(self, frame, n):
        if n == 2:
            raise BadFrame("sum is wrong", n, frame)
        return len(frame)

    def read(self, n):
        return self.check(self.port.frame(20000), n)

    def run(self):
        for n in range(3):
            try:
                self.good += self.read(n) > 0
            except BadFrame as fault:
                # for the log
                self.fault = fault  #| self.fault = fault.args[0]


reader = Reader(Port())
reader.run()
buffer = bytearray(24000)
print(reader.good, len(buffer))
