# HS-HEAP-GROWING 9
# Exceptions are kept, with what they say.
import gc

errors = []

def work(n):
    try:
        raise ValueError("bad value number %d" % n)
    except ValueError as e:
        errors.append(e)

for c in range(12):
    for i in range(3):
        work(c * 3 + i)
    gc.collect()
