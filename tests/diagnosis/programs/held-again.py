# HS-HEAP-HELD !7 @52k/52k
# A buffer that is made anew while the old one is still there.
def make():
    global buffer
    for n in range(3):
        # the old one goes only when the new one is there
        buffer = bytearray(30000 + 800 * n)  #| buffer = None; buffer = bytearray(30000 + 800 * n)

buffer = None
make()
make()
