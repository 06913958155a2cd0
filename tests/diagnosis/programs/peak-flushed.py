# HS-HEAP-PEAK !15 @64k/64k
# What was collected is taken out by an assignment to all of it: it is too much by then.
data = bytearray()


def flush():
    data[:] = b""


def main():
    n = 0
    while True:
        n += 1
        # in place, or to a new place
        data.extend(bytes(700))
        if n % 40 == 0:  #| if n % 10 == 0:
            flush()
        if n == 400:
            raise SystemExit


main()
