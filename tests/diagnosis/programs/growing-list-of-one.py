# HS-HEAP-GROWING 5 @64k/64k
# The most frequent leak: results of a loop.
readings = []
for n in range(5000):
    readings.append((n, n * 0.5, "ok"))  #| readings = [(n, n * 0.5, "ok")]
