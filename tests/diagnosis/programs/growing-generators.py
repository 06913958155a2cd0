# HS-HEAP-GROWING 12 @64k/64k
# Tasks that are over stay in the list of tasks.
def task(n):
    buffer = bytearray(150)
    yield len(buffer)


tasks = []
for n in range(2000):
    t = task(n)
    next(t)
    tasks.append(t)  #| tasks[:] = [t]
