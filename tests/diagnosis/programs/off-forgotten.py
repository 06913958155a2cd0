# HS-COLLECT-OFF 3 @64k/64k
import gc
gc.disable()  #| gc.enable()

def work(n):
    # each call leaves garbage
    return [n, n + 1, n + 2, "%d" % n]

for n in range(4000):
    work(n)
