# HS-HEAP-FULL 5 @76k/60k
# Texts in all languages, of which one is used.
texts = {}
for language in range(12):
    texts[language] = ["text %d in language %d, some words long" % (n, language) for n in range(40)]  #| texts[0] = ["text %d in language %d, some words long" % (n, language) for n in range(40)]
for n in range(2000):
    line = "line %d" % n
page = bytearray(24000)
