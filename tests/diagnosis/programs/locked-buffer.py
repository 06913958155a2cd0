# HS-HEAP-LOCKED 7
import micropython

micropython.heap_lock()
sizes = 64, 256
try:
    b = bytearray(256)  #| pass
finally:
    micropython.heap_unlock()
