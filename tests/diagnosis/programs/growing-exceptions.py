# HS-HEAP-GROWING 12 @64k/64k
# Each exception is kept to be reported some day.
errors = []


def fetch(n):
    try:
        data = bytes(100)
        raise OSError("station %d did not answer, tried three times, last at %d" % (n, n * 60))
    except OSError as e:
        # for the report
        errors.append(e)  #| errors[:] = [e]


for n in range(2000):
    fetch(n)
