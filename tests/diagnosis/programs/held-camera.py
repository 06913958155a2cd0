# HS-HEAP-HELD !9 @64k
# advises: OBJECT.last = None
# The next picture replaces the last one, and nothing reads that before.


class Camera:
    def shoot(self):
        # a picture, and its brightness
        self.last = bytearray(26000)
        self.last[0] = 9
        return self.last[0]

    def drop(self):
        self.last = None


class Web:
    def __init__(self, camera):
        self.camera = camera

    def serve(self):
        brightness = self.camera.shoot()
        self.camera = self.camera  #| self.camera.drop()
        page = bytearray(28000)
        page[0] = brightness
        return page[0]


web = Web(Camera())
print(web.serve())
print(web.serve())
