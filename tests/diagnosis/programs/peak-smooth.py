# HS-HEAP-PEAK !8 @64k/38k
# Each round makes the new values beside the old ones, which it then replaces.


def smooth(data):
    out = []
    for i in range(1, len(data) - 1):
        out.append((data[i - 1] + data[i] + data[i + 1]) / 3)
    return out


def smooth_in_place(data):
    for i in range(1, len(data) - 1):
        data[i] = (data[i - 1] + data[i] + data[i + 1]) / 3
    return data


smooth_in_place([1, 2, 3])
values = [i % 50 for i in range(900)]
for n in range(6):
    values = smooth(values)  #| values = smooth_in_place(values)
print(len(values))
