# HS-HEAP-PEAK !12 !7 @52k
import binascii


def image():
    """What was received of a firmware."""
    return bytearray(20000)


def check():
    data = image()
    text = binascii.hexlify(data)  #| text = binascii.hexlify(memoryview(data)[:8])
    return text[:16], data[0]


print(check())
