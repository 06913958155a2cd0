# HS-HEAP-GROWING 8
import gc
import sys

seen = {}
for c in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
    for i in range(10):
        seen[c * 10 + i] = bytes(40)
    scratch = [j for j in range(50)]
    gc.collect()
