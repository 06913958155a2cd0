# HS-HEAP-PEAK 9 @64k/32k
# A median needs the values in order: sorted() makes a second list.
values = [0] * 3800
for n in range(3800):
    values[n] = n * 7919 % 1000


def median(values):
    order = sorted(values)  #| values.sort(); order = values
    return order[len(order) // 2]


total = 0
for n in range(500):
    total += len("value %d" % n)
median(values)
