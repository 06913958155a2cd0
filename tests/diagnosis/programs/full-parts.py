# HS-HEAP-FULL 5 @39k/38k
# A buffer is cut into parts, all of which are shown: the views need it.
def load(n):
    # one byte for each
    data = bytearray(n)
    return data


def cut(data):
    view = memoryview(data)
    return [view[i:i + 1000] for i in range(0, len(data), 1000)]


parts = cut(load(20000))
for n in range(50):
    text = "part %d" % n
frame = bytearray(22000)
print(sum(len(p) for p in parts), len(frame))
