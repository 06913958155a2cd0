# HS-FRAG-FAILED 7 @46k/43k
# Half of the tiles are dropped, each between two that stay.
tiles = {}


def load(name):
    tiles[name] = bytearray(700)


names = [(side, n) for n in range(24) for side in "ab"]  #| names = [(side, n) for side in "ab" for n in range(24)]
for name in names:
    load(name)
for name in names:
    if name[0] == "b":
        del tiles[name]
print(len(tiles))
screen = bytearray(11000)
# advises not: make the small blocks
