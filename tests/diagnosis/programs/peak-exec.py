# HS-HEAP-PEAK 6 @40k/24k
# A script is compiled on the board.
source = "".join("def f%d(a, b):\n    return a * %d + b\n" % (n, n) for n in range(100))

def load(source):
    exec(source)  #| return len(source)

load(source)
