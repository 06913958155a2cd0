# HS-HEAP-LOCKED !13 =13
# An early return leaves the heap locked.
import micropython
counts = [0] * 8


def handle(channel):
    counts[channel] += 1
    return channel < 7


def simulate(channel):
    micropython.heap_lock()
    if not handle(channel):
        return False  #| micropython.heap_unlock(); return False
    micropython.heap_unlock()
    return True


lost = 0
for n in range(20):
    if not simulate(n % 8):
        lost += 1
print("lost %d, counts %s" % (lost, ",".join([str(count) for count in counts])))
# advises: micropython.heap_unlock() once for each micropython.heap_lock(), also where a function returns early or raises an interrupt handler
