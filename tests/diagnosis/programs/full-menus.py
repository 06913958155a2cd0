# HS-HEAP-FULL 20 @40k/24k
# Menus in all languages: the loop is over what is written in the source, so they are needed and do not grow for ever.
class Item:
    def __init__(self, key, text):
        self.key = key
        self.text = text
        self.children = []


LANGUAGES = ("en", "de", "fr")


def build(language):
    root = Item(0, language)
    for g in range(7):
        group = Item(g, "%s group %d" % (language, g))
        root.children.append(group)
        for i in range(10):
            group.children.append(
                Item(g * 10 + i, "%s item %d.%d" % (language, g, i)))  #| (g * 10 + i))
    return root


menus = {}
for language in LANGUAGES:
    menus[language] = build(language)
for language in LANGUAGES:
    print(len(menus[language].children))
