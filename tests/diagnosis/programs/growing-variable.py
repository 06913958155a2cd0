# HS-HEAP-GROWING 15 @64k
# says: the local variable table of main


def block(i):
    return bytes(40 + i % 7)


def main(limit, name="x"):
    width = [len(name) * q for q in range(limit) if q < limit]
    i = 0
    (low, high), step = (0, limit * 100000), 1
    table = {}
    while i < high:
        table[i] = block(i)  #| table[i % 20] = block(i)
        i += step
        if i > 4000:
            break
    return len(table), width, low


print(main(5))
