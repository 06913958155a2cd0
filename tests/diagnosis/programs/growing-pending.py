# HS-HEAP-GROWING 13 @64k/44k
# Messages wait for an acknowledgement that never matches.
import struct


class Sender:
    def __init__(self):
        self.next = 0
        self.pending = {}

    def send(self, payload):
        self.next += 1
        self.pending[self.next] = struct.pack(">H", self.next) + payload
        return self.pending[self.next]

    def acknowledged(self, packet):
        number = struct.unpack("<H", packet)[0]  #| number = struct.unpack(">H", packet)[0]
        self.pending.pop(number, None)


sender = Sender()
for n in range(1200):
    packet = sender.send(b'{"n": %d, "moisture": %d, "unit": "percent"}' % (n, n % 100))
    sender.acknowledged(packet[:2])
