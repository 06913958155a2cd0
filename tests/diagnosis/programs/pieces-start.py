# HS-FRAG-FAILED 10 @64k/64k
# The large buffer is allocated late.
import gc
buffer = None  #| buffer = bytearray(30000)
results = []
def work(n):
    scratch = []
    for i in range(n):
        scratch.append(bytes(1000))
        results.append([i] * 20)
    return n

work(16 if buffer else 36)
gc.collect()
if not buffer:
    buffer = bytearray(30000)
