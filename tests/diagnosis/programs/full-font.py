# HS-HEAP-FULL 5 @58k/58k
# A font that is loaded at the start.
font = {}
for c in range(80):
    font[c] = bytes(400 + c)  #| font[c] = bytes(40)
total = 0
for n in range(3000):
    total += len("line %d of the text" % n) + font[n % 80][7]
screen = bytearray(32000)
screen[0] = font[65][7]
