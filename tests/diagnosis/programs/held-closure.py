# HS-HEAP-HELD 16 @40k/39k
# says: the global held-closure.verify
# A function that has done its work keeps the variables around it.
def updater(image):
    size = len(image)

    def progress(n):
        return 100 * n // size

    def verify():
        return sum(image) & 0xffff

    return progress, verify


progress, verify = updater(bytearray(22000))
print(verify())  #| print(verify()); verify = None


def send(n):
    block = bytearray(24000)
    return progress(n) + len(block)


print(send(700))
