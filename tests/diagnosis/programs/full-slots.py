# HS-HEAP-FULL 14 @48k/40k
# says: it ends
# The list has its final size from the start; what is put into it fills the heap.
COUNT = 90


def name(n):
    return "station-%d" % n


stations = [None] * COUNT
for n in range(COUNT):
    # a text, and a buffer for its last values
    stations[n] = (name(n), bytearray(400))  #| stations[n] = (name(n), bytearray(100))
for station in stations:
    print(station[0], len(station[1]))
