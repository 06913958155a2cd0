# HS-HEAP-FULL 4 @61k/61k
# Two screens of which one would do.
class Display:
    front = bytearray(28000)  #| front = bytearray(14000)
    back = bytearray(14000)


for n in range(2000):
    line = "line %d" % n
buffer = bytearray(20000)
