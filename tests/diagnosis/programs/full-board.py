# HS-HEAP-FULL 8 @24k/12k
# A playing field of objects: a comprehension ends, so they are needed.
class Cell:
    def __init__(self, x, y):
        # place and what is there
        self.kind = 0
        self.x = x  #| pass
        self.y = y  #| pass


board = [[Cell(x, y) for x in range(15)] for y in range(15)]  #| board = [bytearray(15) for y in range(15)]
total = 0
for row in board:
    for cell in row:
        total += cell.kind  #| total += cell
print(total)
