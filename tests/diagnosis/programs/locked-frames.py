# HS-HEAP-LOCKED !31 !10 =10
# Calls with many locals while the heap is locked: their frames are refused without harm. What raises is a tuple made later.
import micropython

samples = [700, 20, 650, 30, 640, 10, 2000, 40]
seen = value = found = 0, 0


def watch(limit):
    micropython.heap_lock()
    for n in range(8):
        if smooth(samples[n], n, 1, 2, 3, 4) > limit:
            return n  #| micropython.heap_unlock(); return n
    micropython.heap_unlock()
    return -1


def smooth(a, b, c, d, e, f):
    g = a + b
    h = g + c
    i = h + d
    j = i + e
    k = j + f
    l = (k + a + b + c + d) - (e + f + b + c + d) - (b + (c + (d + (e + (f - (g - (h - (i - j))))))))
    m = l - l
    return a + m


found = watch(1500)
for value in samples:
    seen = (seen[0], value + found)
print(seen[0])
