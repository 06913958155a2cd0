# HS-HEAP-GROWING 9 @48k/40k
# The main loop counts its rounds; what it keeps is only counted in the end.
received = []


def on_packet(n):
    packet = b"packet %d of the day" % n
    if n % 3 == 0:
        received.append((n, packet))  #| received[:] = [(n, packet)]
    return len(packet)


def run(rounds):
    n = size = 0
    while n < rounds:
        size += on_packet(n)
        n += 1
    return size


print(run(6000), "bytes in", len(received), "packets")
