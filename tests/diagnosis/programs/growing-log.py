# HS-HEAP-GROWING 8
# Each message stays in a list that is never cut.
log = []


def note(n):
    # the message itself
    log.append("event number %d happened in the main loop of the station" % n)  #| log[:] = ["event number %d" % n]


for n in range(5000):
    note(n)
