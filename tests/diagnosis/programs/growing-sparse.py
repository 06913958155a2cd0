# HS-HEAP-GROWING 11
# says: growing-sparse.alarms (list), to which
# Of many texts few are kept, in a list of the module.
alarms = []


def check(n):
    for room in range(12):
        text = "room %d: %d degrees at minute %d" % (room, 20 + n % 7, n)
        if room == 5:
            alarms.append(text)  #| alarms[:] = [text]
            return


for n in range(5000):
    check(n)
