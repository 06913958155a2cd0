# HS-HEAP-HELD !6 !11 @36k/34k
# says: after the loop that ends at held-loop.py:11
# A table of raw values is read in a loop, and the row that reads it is not the last one of the loop.
import array

raw = array.array("H", range(9000))
low = array.array("H", bytes(2 * 90))
for n in range(90):
    least = min(raw[n * 100 : n * 100 + 100])
    if least > 50:
        low[n] = least
print("lowest", max(low))  #| raw = None; print("lowest", max(low))


def fill(size):
    ring = array.array("H", range(size))
    for n in range(200):
        ring[n] = n
    return sum(ring)


print(fill(8000))  #| import gc; gc.collect(); print(fill(8000))
