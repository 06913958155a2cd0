# HS-HEAP-HELD 22 @44k/44k
# says: the attribute error
# A client keeps the last exception, which has the frame that was wrong.
class FrameError(Exception):
    pass


class Client:
    def __init__(self):
        self.error = None
        self.count = 0

    def parse(self, data):
        if data[0] != 1:
            raise FrameError("bad frame", data)  #| raise FrameError("bad frame")
        return data[1]

    def poll(self, data):
        try:
            return self.parse(data)
        except FrameError as e:
            self.error = e
            self.count += 1
            return -1


client = Client()
client.poll(bytearray(20000))
for i in range(30):
    client.poll(b"\x01\x02")


def upload():
    return len(bytearray(24000))


print(upload(), client.count)
