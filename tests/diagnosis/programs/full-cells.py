# HS-HEAP-FULL 16 @20k/12k
# says: it ends
# A maze whose cells are objects, made in two loops that end: all of them are drawn afterwards.
class Cell:
    def __init__(self, x, y):
        self.walls = [True, True, x == 0, y == 0]


class Maze:
    def __init__(self, width, height):
        self.width = width
        self.cells = []
        for y in range(height):
            row = y * width
            for x in range(width):
                self.cells.append(Cell(x, y))  #| self.cells = bytearray(width * height)

    def draw(self):
        return sum(1 for cell in self.cells if cell)


maze = Maze(16, 12)
for n in range(3):
    print(n, maze.draw())
