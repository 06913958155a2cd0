# HS-HEAP-GROWING 5
import gc

def note(v, history=[]):
    history.append((v, v * 2))
    return len(history)

for c in range(10):
    for i in range(5):
        note(c)
    gc.collect()
