# HS-HEAP-HELD !22 @40k/22k
# says: a slot of a stack that is left over from an expression refers to them too
# advises: a slot of the stack would keep it after meter = None
# advises not: let go of it
# A meter whose table is not needed after the loop: its variable holds it, and what the loop's last call left on the stack.
class Meter:
    def __init__(self, steps):
        self.table = [n * 0.5 for n in range(steps)]

    def value(self):
        return self.table[-1]


class Screen:
    def show(self, value):
        self.last = "%5.1f V" % value


screen = Screen()
#| def measure():
#|     meter = Meter(700)
meter = Meter(700)  #|     for n in range(50):
for n in range(50):  #|         screen.show(meter.value())
    screen.show(meter.value())  #| pass
print(screen.last)  #| measure(); print(screen.last)
picture = bytearray(12000)
print(len(picture))
