# HS-HEAP-PEAK !15 !9 @64k
# A picture that is turned is made beside the old one, which it then replaces.


class Image:
    def __init__(self, width, height):
        # one byte for each point
        self.width, self.height = width, height
        self.points = bytearray(width * height)

    def rotate(self):
        """A quarter turn."""
        width, height = self.width, self.height
        # the same number of points
        turned = bytearray(width * height)  #| turned = self.points
        for y in range(0, height, 10):
            turned[y] = self.points[y * width]
        self.points = turned
        self.width, self.height = height, width


image = Image(200, 170)
image.rotate()
print(image.points[0])
