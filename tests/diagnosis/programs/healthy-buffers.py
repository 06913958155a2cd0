# -
buffer = bytearray(4000)
total = 0
for n in range(2000):
    total += len("line %d of the log" % n)
