# HS-HEAP-GROWING 12 @48k/48k
# A view of a few bytes keeps the whole picture.
def load(n):
    data = bytearray(5000)
    data[:10] = b"picture-%02d" % n
    for i in range(100, 5000, 100):
        data[i] = n
    return data


def title(data):
    return memoryview(data)[:10]  #| return bytes(data[:10])


titles = []
for n in range(14):
    titles.append(title(load(n)))
for t in titles:
    print(str(t, "ascii"))
