# HS-COLLECT-OFF 6
import gc
gc.disable()  #| gc.enable()

def frame(n):
    return bytearray(n)

for i in range(1000):
    frame(900 + i)
