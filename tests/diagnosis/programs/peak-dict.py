# HS-HEAP-PEAK 5 @36k/16k
d = {}  #| d = bytearray(1200)
i = 0
while i < 1200:
    d[i] = i * 3  #| d[i] = i * 3 & 255
    i += 1
