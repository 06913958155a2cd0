# What the documents call my.py: it allocates, sets marks, keeps a table, and once asks for too much.
import heapstrata

TABLE = {i: "value %d" % i for i in range(40)}
heapstrata.mark("start")
kept = []
for i in range(60):
    buffer = bytearray(200)
    kept.append([i, str(i)])
heapstrata.mark("connected")
kept = kept[::2]
heapstrata.mark("end")
heapstrata.snapshot(refs=True)
try:
    bytearray(10000000)
except MemoryError:
    print("MemoryError")
