# HS-HEAP-HELD 20 @40k/39k
# says: the global held-error.last_error
# The last error is kept, with the packet that was wrong.
class PacketError(Exception):
    pass


last_error = None


def check(packet):
    if packet[0] != 0x7e:
       raise PacketError("no start", packet)  #| raise PacketError("no start")


try:
    check(bytearray(22000))
except PacketError as error:
    # for a later report that is not made
    last_error = error


def transfer():
    return bytearray(24000)


print(1, 2, 3, 4, 5, 6, len(transfer()))
