# HS-HEAP-PEAK 9 @48k/40k
# advises: data = bytearray(size)
# A page is put together by +=, and sent as a whole. Made once at its final size it fits.
ROW = b"<tr><td>one more row of the table</td></tr>"


page = b""  #| page, n = bytearray(len(ROW) * 600), 0
for row in range(600):
    page += ROW  #| page[n : n + len(ROW)] = ROW; n += len(ROW)
print(len(page))
