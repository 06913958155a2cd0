# HS-HEAP-PEAK 7
# advises not: buffer = None
# A page is put together by +=.
page = ""
n = 0
while n < 1000:
    page += "<tr><td>one more row of the table</td></tr>"  #| page = "<tr><td>one more row of the table</td></tr>"
    n += 1
