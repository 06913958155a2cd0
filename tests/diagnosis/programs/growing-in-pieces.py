# HS-HEAP-GROWING !12 @64k/112k
# What is free is in pieces, and a dict is filled as a cache is, but two lists in it only grow: neither keeps a dialog alone.
# says: in lists, dicts or sets to which
class Radio:
    def __init__(self):
        self.channels = {}

    def listen(self, channel, call):
        if channel not in self.channels:
            self.channels[channel] = []
        # no handler is ever removed
        self.channels[channel].append(call)  #| self.channels[channel] = [call]

    def send(self, channel, value):
        for call in self.channels.get(channel, ()):
            call(value)


class Field:
    def __init__(self, name, at):
        self.name = name
        self.at = at


class Dialog:
    def __init__(self, radio, name):
        self.title = name
        self.pixels = bytearray(192)
        self.keys = {"left": name + "<", "right": name + ">", "both": name + "!"}
        self.fields = [Field("%s %d" % (name, i), 9 * i) for i in range(4)]
        radio.listen("battery", self.battery)
        radio.listen("button", lambda value: self.button(value))

    def battery(self, value):
        self.fields[0].name = "U = %.2f" % value
        self.draw()

    def button(self, value):
        self.fields[1].name = str(value)

    def draw(self):
        for field in self.fields:
            self.pixels[field.at] = ord(field.name[0])


class Desk:
    def __init__(self):
        self.radio = Radio()
        self.dialog = None

    def show(self, name):
        self.dialog = Dialog(self.radio, name)
        self.dialog.draw()

    def step(self, n):
        self.radio.send("battery", 3 + n % 40 / 50)
        if n % 3 == 0:
            self.show(("clock", "menu", "about")[n // 3 % 3])
        if n % 7 == 0:
            self.radio.send("button", n)


def main(rounds):
    desk = Desk()
    for n in range(rounds):
        desk.step(n)


main(2500)
