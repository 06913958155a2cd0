# HS-FRAG-FAILED 11 @62k/62k
# An index is built between the pages that it is made from.
import gc


def index_pages(index):
    pages = []
    for n in range(26):
        pages.append(bytes(1600))  #| pages.append(b"")
        # the index stays
        index.append("page %d of the document " % n * 8)
    return len(pages)


index = []
index_pages(index)
gc.collect()
for n in range(50):
    index[n % 26] = index[n % 26]
image = bytearray(30000)
