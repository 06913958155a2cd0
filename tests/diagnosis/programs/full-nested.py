# HS-HEAP-FULL 8 @68k/44k
# A table of sines as a list of tuples.
table = []


def make(size):
    for n in range(size):
        table.append((n, n * 31 % 1000, n * 17 % 1000))  #| table = bytes(size)


make(800)
for n in range(1000):
    line = "line %d" % n
frame = bytearray(20000)
