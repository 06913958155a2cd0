# HS-HEAP-HELD 19 @37k/36k
# says: the global held-splash.splash
# The picture of the start stays while the application runs.
class Panel:
    def __init__(self):
        self.shown = 0

    def show(self, picture):
        for i in range(0, len(picture), 64):
            self.shown += picture[i]


def load(width, height):
    return bytearray((i * 7 & 255 for i in range(width * height // 8)))


panel = Panel()
# drawn once
splash = load(320, 480)
panel.show(splash)  #| panel.show(splash); splash = None


def run(panel):
    frame = bytearray(22000)
    panel.show(frame)
    return panel.shown


print(run(panel))
