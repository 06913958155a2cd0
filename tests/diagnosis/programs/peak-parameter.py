# HS-HEAP-PEAK 4 @40k/38k
# What a parameter refers to is another buffer in each round of the endless loop.
def fill(out, n):
    out += bytes(n)
    return out


frame = bytearray()
while True:
    frame = bytearray(10000)
    fill(frame, 5000)
    fill(frame, 4000)
    fill(frame, 4000)
    fill(frame, 4000)
