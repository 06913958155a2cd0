# HS-HEAP-HELD !11 @64k/48k
# main() has used the table, and does not again: the row that calls main() is not executed again either.
_table = None


def table():
    global _table
    if _table is None:
        # 32 KB of references, or 16 KB
        # made when it is needed
        _table = [i * i % 251 for i in range(3500)]
    return _table


def lookup(i):
    return table()[i]


def drop():
    global _table
    _table = None


def main():
    sum = lookup(7) + lookup(9)
    sum += 0  #| drop()
    frame = bytearray(32000)
    frame[0] = sum & 255
    return frame[0]


print(main())
