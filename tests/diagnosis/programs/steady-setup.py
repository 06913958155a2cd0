# -
import gc

table = []
for i in range(100):
    table.append(str(i) * 3)
for c in range(20):
    scratch = [j for j in range(100)]
    gc.collect()
