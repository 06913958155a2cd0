# HS-HEAP-HELD 9 @39k/38k
# says: left over
# A slot of the running module's stack still has what an expression used.
def samples(n):
    return bytearray((i & 255 for i in range(n)))


# the value has no name
print(max(1, 2, len(samples(22000))))  #| print(max(1, 2, 22000))


def capture():
    return bytearray(24000)


print(len(capture()))
