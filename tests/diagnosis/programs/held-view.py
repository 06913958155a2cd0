# HS-HEAP-HELD !10 @39k/38k
# says: a memoryview in held-view.inbox (dict)
# advises: bytes(view)
# advises: no allocation fails
# The address of a packet is a view: it keeps the whole packet.
class Packet:
    def __init__(self, raw):
        self.size = len(raw)
        view = memoryview(raw)
        self.address = view[4:10]  #| self.address = bytes(view[4:10])


def receive(n):
    data = bytearray(n)
    for i in range(n):
        data[i] = i & 255
    return data


inbox = {}
for n in (21000, 19000):
    inbox[n] = Packet(receive(n))
print([bytes(p.address) for p in inbox.values()])
