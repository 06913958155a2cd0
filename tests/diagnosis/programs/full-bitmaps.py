# HS-HEAP-FULL 5 @54k/54k
# Pictures of which one is shown at a time.
pictures = []
for n in range(7):
    pictures.append(bytearray(6000))  #| pictures = [bytearray(6000)]
total = 0
for n in range(1000):
    total += len("line %d" % n)
work = bytearray(18000)
