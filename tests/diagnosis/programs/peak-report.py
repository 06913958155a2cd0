# HS-HEAP-PEAK !21 !6 !10 @64k/44k
# The parts of a text are of two lines.


def reading(i):
    return "t=%d;h=%d;" % (i * 3, i * 5)


def status(i):
    return "bat=%d,rssi=-%d\n" % (3000 + i, 40 + i % 30)


def report(n):
    out = []
    for i in range(n):
        out.append(reading(i))
        out.append(status(i))
    return out

def send(n):
    text = "".join(report(n))  #| text = str(n)
    return len(text)


for n in (10, 100, 300):
    print(send(n))
