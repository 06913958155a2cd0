# HS-HEAP-TOO-SMALL !8 @64k
# The length of a frame is read with the wrong byte order.
import struct


def exact(n):
    # as a stream gives it
    return bytearray(n)


def frame(head):
    # kind and length
    kind, length = struct.unpack("<HI", head)  #| kind, length = struct.unpack(">HI", head)
    body = exact(length)
    return kind, body


print(len(frame(struct.pack(">HI", 1, 260))[1]))
# says: bytes could give them; large-frame.py:14 frame called it
# advises: if that number is not meant, look where it is computed: a length field, its byte order work in smaller pieces
