# HS-HEAP-PEAK 6 @30k/15k
samples = []  #| samples = [0] * 3000
n = 0
while n < 3000:
    # a list takes its whole new size in one piece
    samples.append(n)  #| samples[n] = n
    n += 1
