# HS-HEAP-PEAK 12 @40k/32k
# A whole document is parsed at once.
import json


def fetch():
    return "[" + "1," * 4000 + "0]"


def total(text):
    # the whole document
    values = json.loads(text)  #| values = (int(text[1 + 2 * n:2 + 2 * n]) for n in range(4000))
    return sum(values)


total(fetch())
