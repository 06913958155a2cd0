# HS-HEAP-PEAK !17 @64k
# The row joins parts, and puts a head before what it has joined.


def chunk(n):
    return bytes(n)


def receive():
    chunks = []
    for i in range(24):
        chunks.append(chunk(1000 + i))
    return chunks


def frame():
    return bytes(300) + b"".join(receive())  #| return receive()


print(len(frame()))
