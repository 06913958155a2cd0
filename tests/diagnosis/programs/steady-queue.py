# -
import gc

queue = []
for c in range(20):
    queue.append(bytearray(50))
    if len(queue) > 5:
        queue.pop(0)
    gc.collect()
