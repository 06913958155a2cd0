# HS-HEAP-GROWING 12
# says: a list in growing-screen.screen
# Rectangles to redraw are noted, and drawn only when the panel is ready.
class Screen:
    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.dirty = []
        self.ready = False

    def mark(self, x, y, w, h):
        self.dirty.append((x, y, min(w, self.width - x), h))  #| self.dirty[:] = [(x, y, w, h)]

    def refresh(self):
        if not self.ready:
            return 0
        done = len(self.dirty)
        self.dirty.clear()
        return done


class Label:
    def __init__(self, screen, x, y):
        self.screen = screen
        self.x, self.y = x, y
        self.text = ""

    def set(self, text):
        self.text = text
        self.screen.mark(self.x, self.y, 8 * len(text), 16)


screen = Screen(128, 64)
labels = [Label(screen, 0, 16 * n) for n in range(4)]
for n in range(4000):
    labels[n % 4].set("%5.1f C" % (n * 0.1))
    screen.refresh()
