# HS-FRAG-HIGH 9 @64k
# advises: allocate what pieces-soon.py:9 frame requests once
# Nothing fails yet: the next frame would find no room.
import gc


def frame(n):
    """A picture of 11 KB, made anew each time."""
    data = bytearray(11000)
    data[0] = n & 255
    return data


def label(n):
    return "label %d of the picture" % n


labels = [label(n) for n in range(62)]
gaps = []
for n in range(62):
    gaps.append(bytearray(800))
    labels[n] = label(n)
    if n % 4 == 0 and n < 50:
        frame(n)
        gc.collect()
gaps.clear()
gc.collect()
print(len(labels), gc.mem_free() > 20000)
