# HS-HEAP-HELD 6 @57k/57k
# A global that is not needed any more.
import json
import gc

document = bytes(27000)
length = len(document)  #| length = len(document); document = None; gc.collect()
for n in range(2000):
    line = "line %d" % n
buffer = bytearray(31000)
