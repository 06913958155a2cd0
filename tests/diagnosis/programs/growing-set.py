# HS-HEAP-GROWING 8 @64k/64k
# All devices that were ever seen.
seen = set()


def advertise(n):
    address = "aa:bb:cc:%02x:%02x:%02x" % (n >> 16, n >> 8 & 255, n & 255)
    seen.add(address)  #| seen.clear(); seen.add(address)
    return len(seen)


for n in range(5000):
    advertise(n)
