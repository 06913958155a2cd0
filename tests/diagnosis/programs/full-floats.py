# HS-HEAP-FULL 7 @80k/72k
# Numbers as objects: an array would need a quarter.
import array
import gc

# 64-bit and 32-bit: a float is a block of its own
table = [n * 0.5 for n in range(1400)]  #| table = array.array("f", bytes(5600))
gc.collect()
for n in range(2000):
    line = "line %d" % n
screen = bytearray(32000)
