# HS-HEAP-HELD 13 @62k/60k
# A text that a function has returned, and that is not read again after it was parsed.
import json


def read():
    zones = [{"id": n, "name": "zone %d" % n} for n in range(8)]
    certificate = "MIIC" * 4000
    return json.dumps({"certificate": certificate, "zones": zones})


# from the flash
text = read()
config = json.loads(text)
zones = [zone["id"] for zone in config["zones"]]
config = None  #| config = text = None


class Camera:
    def __init__(self):
        self.frame = bytearray(30000)

    def expose(self, level):
        for i in range(0, len(self.frame), 500):
            self.frame[i] = level


camera = Camera()
camera.expose(len(zones))
print(len(camera.frame))
