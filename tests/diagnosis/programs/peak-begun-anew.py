# HS-HEAP-PEAK !11 @64k/64k
# The page is begun anew together with its number, in one assignment.
page, count = bytearray(), 0


def main():
    global page, count
    while True:
        for i in range(20):
            # until the page is full
            page.extend(b"y" * 1500)  #| page.extend(b"y" * 500)
        page, count = bytearray(), count + 1
        if count == 9:
            raise SystemExit


main()
