# HS-HEAP-GROWING 6 @64k/64k
# Each entry points to the one before it.
class Entry:
    def __init__(self, before):
        self.before = before
        self.text = bytes(50)  #| self.text = bytes(50); self.before = None


last = None
for n in range(3000):
    last = Entry(last)
