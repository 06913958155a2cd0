# SPDX-License-Identifier: MIT
import gc
import heaps
import heapstrata
import micropython

kept = []
blocks = []
fits = [None] * 50
heapstrata.mark("begin")
for i in range(1500):
    kept.append(bytearray(60))
    if i == 700:
        print("lwip", heaps.web(2000, 5))
        heapstrata.mark("web")
    blocks.append(heaps.take(None, i % 300))
    if i % 3 == 0:
        blocks[i // 2] = heaps.take(blocks[i // 2], 20 + i % 500)
    fits[i % 50] = heaps.fit(fits[i % 50], (i * 7) % 90 if i % 3 else 0)
    if i % 5 == 0 and blocks[i // 5]:
        blocks[i // 5] = heaps.take(blocks[i // 5], 0)
refused = heaps.take(None, 1 << 30)
print("refused", refused, heaps.fit(None, 1 << 20))
try:
    bytearray(1 << 28)
except MemoryError:
    print("no room")
heaps.web(3000, 20)
kept = kept[::7]
gc.collect()


def oracle(mark=heapstrata.mark, mem_info=micropython.mem_info, used=heaps.used, timeouts=heaps.timeouts, fitted=heaps.fitted, out=[0, 0, 0]):
    out[0], out[1], out[2] = used(), timeouts(), fitted()
    mark("oracle")
    mem_info(1)
    return out


print("used", *oracle())
