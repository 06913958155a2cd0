# HS-HEAP-FULL !19 =19 @40k/24k
# Pictures as lists of lists in a dict: three loops in three functions. All of them are needed.
# says: the loop at full-signs.py:26 makes them; it ends
# says: to which full-signs.py:27 __init__ adds
SIGNS = "0123456789ABCDEFGHIJKLMN"


def bits_of(sign):
    seed = ord(sign)
    return [(seed * 7 + n * 13) & 255 for n in range(16)]


def draw(sign):
    picture = []
    for bits in bits_of(sign):
        line = []  #| line = bits
        for x in range(8):
            # one dot
            line.append((bits >> x) & 1)  #| pass
        picture.append(line)
    return picture


class Signs:
    def __init__(self, signs):
        for sign in signs:
            self.known[sign] = draw(sign)

    known = {}


signs = Signs(SIGNS)
print(sum(signs.known["0"][2]))  #| print(signs.known["0"][2])
