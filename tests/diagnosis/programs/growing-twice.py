# HS-HEAP-GROWING !10 @96k/112k
# Each lamp is in two lists of one dict, so that neither keeps it alone; the lists that lamps fill at once are not what grows.
# says: in lists, dicts or sets to which
class Home:
    def __init__(self):
        self.rooms = {"all": [], "lit": []}

    def enter(self, room, call):
        # they are never left
        self.rooms[room].append(call)  #| self.rooms[room] = [call]

    def switch(self, room, on):
        for call in self.rooms[room]:
            call(on)


class Lamp:
    def __init__(self, home, name):
        self.name = name
        self.colours = bytearray(192)
        self.steps = ["%s fades to %d" % (name, i) for i in range(5)]
        home.enter("all", self.power)
        home.enter("lit", lambda on: self.dim(on))

    def power(self, on):
        self.colours[0] = on

    def dim(self, on):
        self.colours[1] = on


class House:
    def __init__(self):
        self.home = Home()
        self.lamp = None

    def replace(self, name):
        self.lamp = Lamp(self.home, name)

    def step(self, n):
        if n % 4 == 0:
            self.replace(("hall", "attic", "porch")[n // 4 % 3])
        self.home.switch("all", n & 1)
        if n % 9 == 0:
            self.home.switch("lit", n & 1)


def main(rounds):
    house = House()
    for n in range(rounds):
        house.step(n)


main(3000)
