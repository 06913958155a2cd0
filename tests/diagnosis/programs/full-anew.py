# HS-HEAP-FULL 17 @64k/48k
# Each round makes one tree of lists and lets go of the one before: the last, largest one does not fit.
# says: each round of the loop at full-anew.py:22 makes them anew
import json


class Plan:
    def __init__(self):
        self.highest = 0

    def load(self, rooms):
        text = "[%s[]]" % ("[1.5,2.5,3.5]," * rooms)
        return self.take(text)

    def take(self, text):
        # the whole tree at once
        tree = json.loads(text)
        self.highest = max(max(room or (0,)) for room in tree)
        return self.highest

plan = Plan()
for rooms in (20, 40, 80, 160, 320, 640):
    print(rooms, plan.load(rooms))
