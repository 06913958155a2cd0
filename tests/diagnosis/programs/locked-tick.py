# HS-HEAP-LOCKED !13 =13 !18
# says: heap_lock()
# A timer's handler makes a text now and then; what locks the heap around it is as it should be.
import micropython


class Clock:
    def __init__(self):
        self.ticks, self.text = 0, ""

    def tick(self, step):
        self.ticks += step
        self.text = "%d ticks" % self.ticks if self.ticks > 90 else ""  #| pass


def interrupt(handler, step):
    # as a port does
    micropython.heap_lock()
    try:
        handler(step)
    finally:
        micropython.heap_unlock()


clock = Clock()
for n in range(20):
    interrupt(clock.tick, 10)
print(clock.ticks)
