# HS-HEAP-HELD 11 @38k/38k
# says: the global held-loop-variable.block
# The variable of a loop keeps the last block after the loop.
def read(n):
    return bytearray(10000 + n)


total = 0
# read all
for n in range(3):
    block = read(n)  #| block = read(n - 9900)
    total += len(block)
total += 0


def work():
    table = bytearray(32000)
    return len(table)


print(1, 2, 3, 4, work(), total)
