# HS-HEAP-PEAK 5
d = {}
i = 0
while True:
    d[i] = i * 3
    i += 1
