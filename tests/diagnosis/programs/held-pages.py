# HS-HEAP-HELD !13 @39k/38k
# says: the cache attribute pages
# advises: pages.clear()
# Pages are kept for a second look, and there is room for some only.
class Menu:
    def __init__(self):
        self.pages = {}
        self.shown = 0

    def show(self, name):
        if name not in self.pages:
            # made from its name
            self.pages[name] = bytearray(len(name) * 1000)  #| self.pages.clear(); self.pages[name] = bytearray(len(name) * 1000)
        self.shown += self.pages[name][0]


menu = Menu()
for name in ("setup page", "start page", "short"):
    menu.show(name)
menu.show("a page longer than that")
print(menu.shown)
