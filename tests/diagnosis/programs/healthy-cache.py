# -
# A cache with a bound.
cache = {}
for n in range(3000):
    cache[n % 64] = bytes(100)
