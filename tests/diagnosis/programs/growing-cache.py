# HS-HEAP-GROWING 7
# A cache without a bound.
cache = {}

def lookup(key):
    if key not in cache:
        cache[key] = bytes(200)  #| cache.clear(); cache[key] = bytes(200)
    return cache[key]

n = 0
while n < 3000:
    for i in range(20):
        lookup(n + i)
    n += 10
