# HS-HEAP-PEAK !8 @64k/64k
# The object is made in a function that the endless loop calls: each call begins anew.
class Buffer:
    def __init__(self):
        self.data = bytearray()

    def add(self, part):
        self.data.extend(part)


def serve(parts):
    buffer = Buffer()
    for i in range(parts):
        buffer.add(bytes(900))
    return buffer


def main():
    rounds = 0
    while True:
        for parts in (5, 10, 100):  #| for parts in (5, 10, 20):
            serve(parts)
        rounds += 1
        if rounds == 9:
            raise SystemExit


main()
