# HS-FRAG-FAILED 9
import gc

def record(rows):
    raw = []
    for i in range(30):
        raw.append(bytearray(1500))  #| raw.append(b"")
        # time and value
        rows.append((i, i * 3, -i))
    return rows

rows = record([])
record(rows)
gc.collect()
buffer = bytearray(26000)
