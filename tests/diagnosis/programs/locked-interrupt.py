# HS-HEAP-LOCKED 9
# An interrupt handler that makes an object: the heap is locked while it runs.
import micropython


def handler(pin):
    global event
    # the time stamp and the pin, as a tuple
    event = (pin, 17, [pin])  #| pass


micropython.heap_lock()
try:
    handler(4)
finally:
    micropython.heap_unlock()
