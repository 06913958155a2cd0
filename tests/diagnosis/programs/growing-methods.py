# HS-HEAP-GROWING 14 @64k/64k
# A timer keeps each handler's object by its bound method.
class Handler:
    def __init__(self, n):
        self.data = bytes(300)

    def fire(self):
        return len(self.data)


timers = []

def every(handler):
    timers.append(handler.fire)  #| timers[:] = [handler.fire]


for n in range(600):
    every(Handler(n))
