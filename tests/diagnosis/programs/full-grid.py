# HS-HEAP-FULL 5 @56k/40k
# A playing field of lists.
grid = []
for y in range(64):
    grid.append([0] * 64)  #| grid.append(bytearray(64))
for n in range(2000):
    line = "line %d" % n
buffer = bytearray(22000)
