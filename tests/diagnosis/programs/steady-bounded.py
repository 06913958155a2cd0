# -
# A cache that saturates.
import gc

cache = {}
for c in range(20):
    for i in range(10):
        cache[(c * 10 + i) % 32] = bytes(40)
    gc.collect()
