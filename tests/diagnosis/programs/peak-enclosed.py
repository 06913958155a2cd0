# HS-HEAP-PEAK !8 @64k/64k
# Each call of the outer function has its own buffer, to which the inner one adds.
def receiver():
    message = bytearray()

    def take(part):
        # in place, or to a new place
        message.extend(part)

    return take


def main():
    n = 0
    while True:
        take = receiver()
        for i in range(80):  #| for i in range(20):
            take(bytes(600))
        n += 1
        if n == 9:
            raise SystemExit


main()
