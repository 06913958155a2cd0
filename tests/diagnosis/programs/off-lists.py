# HS-COLLECT-OFF 7
import gc
gc.collect()
gc.disable()  #| gc.enable()
best = None
for n in range(3000):
    row = [n, n + 1, n * 2, n * n, -n, n, n, n]
    best = row if best is None or row[3] > best[3] else best
