# HS-HEAP-PEAK !6 @34k
# says: bytes of one that it made before
# advises not: final size at once
# A buffer that is new each time; the old one is still in a variable. Nothing is made larger.
def receive(n):
    block = bytearray(18000)  #| block = last or bytearray(18000)
    block[0] = n
    return block


last = None
for n in range(5):
    last = receive(n)
    if n == 4:
        print(last[0])
