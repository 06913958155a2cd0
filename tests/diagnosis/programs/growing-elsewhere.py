# HS-HEAP-GROWING 8 @64k/64k
# The list grows in one place; the allocation that fails is in another one.
messages = []


def note(n):
    text = "event %d: the pump has run for %d minutes" % (n, n % 60)
    messages.append(text)  #| messages[:] = [text]


def measure():
    scratch = bytearray(3000)
    return len(scratch)


for n in range(3000):
    note(n)
    measure()
