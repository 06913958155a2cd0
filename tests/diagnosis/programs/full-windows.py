# HS-HEAP-FULL 8 @64k/64k
# advises not: bytes(view)
# Both ends of the views are parameters: here each shows all of its buffer, so copies would save nothing.
kept = []


def take(low, high):
    data = bytearray(16000)
    return memoryview(data)[low:high]


def main():
    for i in range(3):
        kept.append(take(0, 16000))
    b = bytearray(30000)
    print(len(b), sum(len(k) for k in kept))


main()
