# HS-HEAP-GROWING !23 @20k/28k
# A list fills the heap while a small table that is not needed any more is still in a variable: without the table it would fail too.
class Table:
    def __init__(self):
        self.rows = ["channel %d of the mixer" % n for n in range(18)]


class Fade:
    def __init__(self, until, change):
        self.until = until
        self.change = change
        self.done = False


class Mixer:
    def __init__(self):
        self.beat = 0
        self.fades = []

    def fade(self, beats, change):
        fade = Fade(self.beat + beats, change)
        # it is never removed
        self.fades.append(fade)  #| self.fades = [fade]

    def step(self):
        self.beat += 1
        for fade in self.fades:
            if not fade.done and fade.until <= self.beat:
                fade.done = True
                fade.change()


class Channel:
    def __init__(self, mixer):
        self.mixer = mixer
        self.level = 0

    def turn(self, level):
        curve = bytearray(20)

        def change():
            curve[1] = level
            self.level = level

        self.mixer.fade(9, change)


def main():
    mixer = Mixer()
    channels = [Channel(mixer) for _ in range(3)]
    table = Table()
    print(len(table.rows), table.rows[0])
    beat = 0
    while True:  #| while beat < 2000:
        mixer.step()
        beat += 1
        channels[beat % 3].turn(beat & 63)


main()
