# HS-FRAG-FAILED 10 @64k/64k
# The large buffer is allocated late.
import gc
buffer = None  #| buffer = bytearray(30000)
results = []
def work(n):
    scratch = []
    for i in range(n):
        scratch.append(bytes(1000))
        results.append([i])
    return n

work(26 if buffer else 45)
gc.collect()
if not buffer:
    buffer = bytearray(30000)
