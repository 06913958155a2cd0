# HS-HEAP-HELD !20 =20 @34k/33k
# advises: (self.shot = None before held-shot.py:20)
# Each picture is taken while the one before is still in an attribute.
class Camera:
    def take(self, n):
        data = bytearray(15000 + 200 * n)
        data[n] = n
        return data


class Watch:
    def __init__(self, camera):
        self.camera = camera
        self.shot = None
        self.seen = 0

    def run(self):
        for n in range(4):
            # self.shot keeps the old picture until the new one is made
            self.shot = self.camera.take(n)  #| self.shot = None; self.shot = self.camera.take(n)
            self.seen += self.shot[n]


watch = Watch(Camera())
watch.run()
print(watch.seen)
