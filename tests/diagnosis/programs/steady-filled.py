# -
import gc

cache = {}
for k in range(30):
    key = (k * 7) % 12
    if key not in cache:
        cache[key] = bytes(30)
    gc.collect()
