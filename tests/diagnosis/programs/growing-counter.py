# HS-HEAP-GROWING 8 @64k/64k
# A counter for each text that was ever seen.
counts = {}


def seen(word):
    # grows with each new word
    counts[word] = counts.get(word, 0) + 1  #| counts.clear(); counts[word] = 1


for n in range(4000):
    seen("user-%d" % n)
