# HS-HEAP-PEAK 12 @56k/48k
# A page is put together from parts, then sent as one text.
def send(text):
    return len(text)


def page(rows):
    parts = []
    for n in range(rows):
        parts.append("<tr><td>row number %06d of the table that is shown</td></tr>" % n)  #| send("<tr><td>row number %06d of the table</td></tr>" % n)
    # one text
    return send("".join(parts))


page(10)
page(400)
