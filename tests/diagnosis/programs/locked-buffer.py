# HS-HEAP-LOCKED 7
import micropython

micropython.heap_lock()
sizes = 64, 256
try:
    b = bytearray(256)
finally:
    micropython.heap_unlock()
