# HS-HEAP-PEAK 8 @64k/48k
# A text is cut into all its lines at once.
text = "20,45,1013,7\n" * 1300


def count(text):
    found = 0
    for line in text.split("\n"):  #| for line in (text[13 * n:13 * n + 12] for n in range(1300)):
        found += line.count(",")
    return found


count(text)
