# HS-HEAP-GROWING !8 @40k/38k
# says: in a loop without an end
# Each round makes a new list from the old one and the newest sample.
samples = []
n = 0
while True:
    # the newest is at the end
    samples = samples + [n * 2]  #| samples = samples[-20:] + [n * 2]
    n += 1
    if n == 4000:
        raise SystemExit
