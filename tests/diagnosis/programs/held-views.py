# HS-HEAP-HELD !16 @64k/62k
# says: with 2 more
# advises: bytes(view)
# Three titles are views of what was read. Their ends are computed.
def read(n):
    page = bytearray(n)
    page[200:222] = b"<title>weather</title>"
    return page


def title(page):
    view = memoryview(page)
    start = bytes(page[:400]).find(b"<title>") + 7
    end = bytes(page[:400]).find(b"</title>")
    # what is shown is short
    return view[start:end]  #| return bytes(view[start:end])


titles = []
for n in range(3):
    titles.append(title(read(13000)))
image = bytearray(26000)
print([bytes(t) for t in titles], len(image))
