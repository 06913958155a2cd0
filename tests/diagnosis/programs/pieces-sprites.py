# HS-FRAG-FAILED 45 12 14 @60k/48k
# Names and objects are made between pictures. The pictures are dropped, and what is small stays between the holes.
import gc

LEVEL = ("hero", "bat", "slime", "coin", "door", "key", "lava", "moss") * 6
named = 0


class Sprite:
    def __init__(self, name, number):
        # one for each
        self.name = name + "-" + str(number)
        self.x = number * 8
        self.picture = None


def decode(name):
    picture = bytearray(640)
    picture[0] = ord(name[0])
    return picture


def load(names):
    sprites = [Sprite(name, n) for n, name in enumerate(names)] if named else []
    for n, name in enumerate(names):
        picture = decode(name)
        if not named:
            sprites.append(Sprite(name, n))
        sprites[n].picture = picture
    return sprites


def unload(sprites):
    for s in sprites:
        s.picture = None
    gc.collect()


named = 0  #| named = 1
sprites = load(LEVEL)
unload(sprites)


def title():
    return bytearray(16384)


print(len(sprites), len(title()))
# advises: make the small blocks of pieces-sprites.py:12 __init__
# advises: before the large ones, or keep their data in one array or bytearray that is made at the start: tried on this trace, no allocation fails up to its end
# advises not: allocate what pieces-sprites.py:45 title needs once
# says: which ends at the failure
