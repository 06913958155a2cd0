# HS-HEAP-FULL 5
# A table of numbers as text, made once, then work.
table = []
for n in range(26):
    table.append([str(n * 1000 + i) for i in range(32)])  #| table.append(bytes(32))
total = 0
for n in range(3000):
    total += len("row %d of the day" % n)
report = bytearray(24000)
other = bytearray(12000)
