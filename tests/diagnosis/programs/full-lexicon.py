# HS-HEAP-FULL 16 @40k/24k
# says: ends, and full-lexicon.py:22 uses them afterwards
# A file is read to its end: every entry is looked up later.
import os


with open("lexicon.txt", "w") as f:
    for n in range(300):
        f.write("term-%d;%d;kind %d\n" % (n, n * 7 % 100, n % 5))


def load(name):
    with open(name) as f:
        for line in f:
            term, weight, kind = line.strip().split(";")
            lexicon.append((term, int(weight), kind))  #| lexicon.append(int(weight))


lexicon = []
load("lexicon.txt")
for n in range(0, 300, 13):
    print(lexicon[n])
