# HS-HEAP-GROWING 8 @64k/64k
# Each object puts itself into a list of its class.
class Request:
    all = []

    def __init__(self, n):
        self.body = bytearray(200)
        Request.all.append(self)  #| Request.last = self


for n in range(600):
    Request(n)
