# HS-HEAP-PEAK 9 @40k/40k
# The tail of a packet is cut off again and again.
def receive():
    return bytes(26000)


def checksum(packet, skip):
    # all but the head
    body = packet[skip:]  #| body = memoryview(packet)[skip:]
    return body[0] + body[-1]


packet = receive()
for skip in range(4, 8):
    checksum(packet, skip)
