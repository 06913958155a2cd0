# HS-HEAP-LOCKED 6
# A message is put together while the heap is locked.
import micropython

def report(value):
    return "value is {} and so on".format(value) * 8  #| return value

micropython.heap_lock()
try:
    report(12)
finally:
    micropython.heap_unlock()
