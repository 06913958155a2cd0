# HS-HEAP-FULL 7 @40k/24k
# A table that a function makes and returns: it ends with the function, so it is needed and does not grow for ever.
def load():
    rows = []
    for n in range(400):
        # number, position, text
        rows.append((n, n * 3, "entry %d" % n))  #| rows.append(n)
    return rows


table = load()
print(len(table), table[7])
