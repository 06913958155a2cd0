# HS-HEAP-FULL !16 =16 @64k/32k
# A map of objects in lists of lists: the line to change makes the objects, the lists only keep them.
# says: to which full-tiles.py:17 __init__ adds
# says: the loop at full-tiles.py:13 makes them; it ends
class Cell:
    def __init__(self, ground):
        self.ground = ground


class Field:
    def __init__(self, wide, high):
        self.lines = []
        for y in range(high):
            line = []  #| line = bytearray(wide)
            for x in range(wide):
                line.append(Cell(x % 3))  #| line[x] = x % 3
            self.lines.append(line)

    def wet(self):
        return sum(1 for line in self.lines for cell in line if cell)


field = Field(32, 28)
print(field.wet())
