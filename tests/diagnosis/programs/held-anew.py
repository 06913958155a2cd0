# HS-HEAP-HELD !7 !14 @36k/45k
# says: the global held-anew.last
# advises not: final size at once
# advises: last = None before held-anew.py:14
# A buffer that is new each time; the old one is still in a variable. Nothing is made larger.
def receive(n):
    block = bytearray(18000)
    block[0] = n
    return block


last = None
for n in range(5):
    last = receive(n)  #| last = None; last = receive(n)
    if n == 4:
        print(last[0])
