# HS-HEAP-PEAK 11 @48k/48k
# A text is put between brackets in one piece. Its parts are in a list that grew, too, but each round makes it anew.
# It is made in a loop that ends.
import json


def source(rooms):
    parts = []
    for room in range(rooms):
        parts.append('{"room": %d, "lights": [%s]}' % (room, ", ".join('{"on": %d, "level": %d}' % (n & 1, n) for n in range(12))))
    return "[" + ", ".join(parts) + "]"


class Plan:
    def __init__(self):
        self.highest = 0

    def load(self, rooms):
        text = source(rooms)
        return self.take(text)

    def take(self, text):
        # the whole tree at once
        tree = json.loads(text)
        self.highest = max(max(light["level"] for light in room["lights"]) for room in tree)
        return self.highest


plan = Plan()
for rooms in (1, 2, 4, 6, 9, 12, 16, 20):
    print(rooms, plan.load(rooms))
