# HS-HEAP-PEAK !8 @40k/38k
# Each call makes its own text, of its final size: the endless loop around the calls does not make it larger.
def page(rows):
    out = ""
    # one row after the other
    for row in range(rows):
        # old and new
        out += "<tr><td>%d</td><td>on</td></tr>" % row
    return out


n = 100
while True:
    print(len(page(n)))
    n += 100
