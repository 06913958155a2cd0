# HS-HEAP-FULL 7 @48k/40k
# A dict for each of many equal records.
stations = []
n = 0
while n < 150:
    # name and place
    stations.append({"name": n, "lat": n * 2, "lon": n * 3, "zone": 1, "height": 2, "kind": 1})  #| stations.append(bytes(6))
    n += 1
screen = bytearray(30000)
