# HS-HEAP-LOCKED 9 @64k/64k
# A callback in an interrupt formats a text.
import micropython

event = text = 0
def on_pin(pin):
    global text
    # makes a text
    text = "pin %d" % pin  #| text = pin


micropython.heap_lock()
on_pin(1000)
micropython.heap_unlock()
