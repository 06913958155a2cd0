# HS-HEAP-FULL @64k/62k
# advises not: bytes(view)
# The names in the slices begin as small numbers, and are large when the views are made: these show all.
header = 8
window, step = 8, 16
last = 8
kept = []


def grow():
    global header, window, step
    header += 8000
    window, step = 8000, 0


def data():
    return bytearray(8000)


def first():
    kept.append(memoryview(data())[:header])


def second():
    kept.append(memoryview(data())[:window])


def third(last):
    kept.append(memoryview(data())[:last])


def fourth():
    for size in (8, 8000):
        view = memoryview(data())[:size]
    kept.append(view)


def main():
    grow()
    first()
    second()
    third(8000)
    fourth()
    b = bytearray(36000)
    print(len(b), sum(len(k) for k in kept))


size = 8
main()
