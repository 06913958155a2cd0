# - @64k
# The free space is in many pieces, but nothing that the program requests is as long as they are.
import gc

names = {}
order = []


def packet(n):
    data = bytearray(280)
    data[0] = n & 255
    return data


def learn(count):
    for n in range(count):
        data = packet(n)
        key = n * 7919 % count
        if key % 2:
            names[key] = "node-%d-%d" % (key, data[0])
        order.append(packet(n) if n % 2 else None)


learn(90)
order.clear()
gc.collect()
for i in range(200):
    packet(i)
    if i % 50 == 49:
        gc.collect()
print(len(names))
