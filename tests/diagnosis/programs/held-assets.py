# HS-HEAP-HELD assets.py:2 @39k/38k
# says: the global assets.LOGO
# A constant of another module, used once.
import assets


def show(picture):
    return sum(picture) & 255


print(show(assets.LOGO), assets.WIDTH)  #| print(show(assets.LOGO), assets.WIDTH); del assets.LOGO


def measure():
    values = bytearray(24000)
    return len(values)


print(measure())
#file assets.py
WIDTH = 128
LOGO = bytes(i * 3 & 255 for i in range(22000))
HEIGHT = 64
