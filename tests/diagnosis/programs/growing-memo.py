# HS-HEAP-GROWING 11 @64k/64k
# Results are remembered for ever.
known = {}


def compute(n):
    return bytes(64)

def look_up(n):
    if n not in known:
        known[n] = compute(n)  #| known.clear(); known[n] = compute(n)
    return known[n]


for n in range(3000):
    look_up(n)
