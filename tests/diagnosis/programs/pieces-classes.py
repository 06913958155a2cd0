# HS-FRAG-FAILED 10 @64k/64k
# Sessions come and go; what they leave behind stays where it is.
import gc

results = []
def session(n):
    work = [bytearray(700) for i in range(3)]  #| work = [b"", b"", b""]
    # the result
    k = len(work) * n
    results.append(bytes([k & 255, n]) * 80)
    return work

alive = [session(n) for n in range(20)]
alive = None
gc.collect()
big = bytearray(30000)
