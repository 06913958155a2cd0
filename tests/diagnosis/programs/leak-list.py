# HS-HEAP-GROWING 9
# Ten rounds of a leak that has not failed yet.
import gc
import sys

log = []
for c in range(int(sys.argv[1]) if len(sys.argv) > 1 else 10):
    for i in range(20):
        log.append("event %d of the day" % (c * 20 + i))
    gc.collect()
