# HS-HEAP-TOO-SMALL 6
# A whole file is read at once.
class File:
    def read(self, size):
        # as a stream does it
        return bytes(size)  #| return bytes(size // 200)


f = File()
data = f.read(200000)
