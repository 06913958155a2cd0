# HS-HEAP-HELD !23 @40k/38k
# says: the attribute fault
# advises: keep only a number or short text of it
# A link keeps its last fault for a display, and the fault has the block that was wrong.
class Fault(Exception):
    pass


class Link:
    def __init__(self):
        self.fault = None
        self.sent = 0

    def check(self, block):
        if block[0]:
            raise Fault("bad start", block)  #| raise Fault("bad start", block[0])
        self.sent += len(block)

    def send(self, block):
        try:
            self.check(block)
        except Fault as f:
            self.fault = f

    def show(self):
        return self.fault.args[0] if self.fault else "good"


def work(link):
    link.send(b"\x01" * 20000)
    for i in range(30):
        link.send(b"\x00\x01")
    print(link.show())
    picture = bytearray(24000)
    return len(picture)


link = Link()
print(work(link), link.show())
