# HS-HEAP-PEAK 9 @40k/38k
# The text is sent and begun anew when it is long enough: it is too long by then.
def main():
    text = ""
    sent = n = 0
    while True:
        # until there is a page
        n += 1
        text += "line %d of the page\n" % n
        if len(text) > 20000:  #| if len(text) > 5000:
            sent += len(text)
            text = ""
        if n == 3000:
            raise SystemExit


main()
