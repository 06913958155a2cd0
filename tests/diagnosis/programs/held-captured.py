# HS-HEAP-HELD !7 !11 @48k/41k
# says: a function that captures the variable trace
# advises: n = len(trace)
# A function needs the length of what it captures, and keeps all of it.
def average():
    # two bytes each
    trace = bytearray(20000)
    total = sum(trace)

    def value(offset):
        return offset + total // len(trace)

    return value  #| return lambda offset, n=len(trace), total=total: offset + total // n


value = average()
for n in range(300):
    text = "line %d" % n


def plot():
    image = bytearray(24000)
    image[0] = value(3)
    return len(image)


print(plot())
