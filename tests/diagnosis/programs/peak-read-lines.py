# HS-HEAP-PEAK 10 @48k/48k
# All lines of a file are read to use each once.
import io

file = io.StringIO("2024-05-01,17.5,ok\n" * 800)


def average():
    total = 0
    for line in list(file):  #| for line in file:
        total += len(line)
    return total


average()
