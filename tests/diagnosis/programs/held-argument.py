# HS-HEAP-HELD 16 @39k/38k
# says: image of main
# An argument and the local variable of a caller that does not return.
def flash(image):
    total = 0
    for byte in image:
        total = total * 31 + byte & 0xffff
    return total


def serve(checksum):
    return len(bytearray(24000)) + checksum


def main():
    image = bytes(22000)  #| image = bytes(220)
    checksum = flash(image)
    print(serve(checksum))


main()
