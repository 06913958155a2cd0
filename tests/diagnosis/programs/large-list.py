# HS-HEAP-TOO-SMALL 6
samples = []
n = 0
while True:
    # a list takes its whole new size in one piece
    samples.append(n)
    n += 1
