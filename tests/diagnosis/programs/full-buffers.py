# HS-HEAP-FULL 3
# Buffers for the whole run.
camera = bytearray(40000)  #| camera = bytearray(20000)
audio = bytearray(8000)
total = 0
for n in range(1000):
    total += len("frame %d" % n)
net = bytearray(16000)
