# HS-HEAP-PEAK 6
# A bytearray grows by what came in.
data = bytearray()
piece = bytes(512)
while len(data) < 100000:
    data.extend(piece)
