# HS-HEAP-PEAK !15 =15 @58k/56k
# says: a left over slot of the stack of receive still has an older value
# advises not: None
# A message that becomes longer, part after part; an expression that used it left an old value on the stack.
def parts(size):
    while size:
        size -= 256
        yield bytes(256)


def receive(source):
    message = b""
    for part in source:
        # the whole so far, and one part more
        message += part  #| message = part
        if len(message) % 6144 == 0:
            print("%s bytes of %s" % ("so far", "many"), message[:1], len(message))
    return len(message)


print(receive(parts(25600)))
