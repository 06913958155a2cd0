# HS-HEAP-TOO-SMALL 5 @64k/64k
# A whole picture in one buffer.
def load(width, height):
    # 16 bits for each pixel
    return bytearray(width * height * 2)  #| return bytearray(width * 2)


image = load(240, 240)
# advises not: byte order
