# HS-HEAP-GROWING 10 @96k
# a note
# says: the loops that make it end: if they went on, memory would last for
import gc

history = []


def step(n):
    history.append([n] * 12)


for day in range(30):
    for k in range(8):
        step(k)
    gc.collect()
total = 0
for entry in history:
    total += len(entry)
print(total)
