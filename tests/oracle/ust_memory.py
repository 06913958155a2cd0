#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trace Compass's UST memory analysis, by its rules, over what babeltrace2 prints of a CTF trace.

    babeltrace2 FOLDER | ust_memory.py

Knows nothing of HeapStrata: only the six events of LTTng's wrapper of the C library. Its rules, as they show in
Trace Compass's own state provider:

  * an allocation adds its size to the thread that made it; a pointer of 0 is no allocation
  * a size of 0 is a free
  * a free takes away what was noted for the pointer, from the thread that frees; an unknown pointer is nothing
  * an allocation over a pointer that is still noted replaces the note, and what it had added stays added
  * pointers are those of the whole trace

Prints used bytes of each thread, and what is left.
"""
import re
import sys

LINE = re.compile(r"^\[(?P<time>[^\]]*)\].*?\blttng_ust_libc:(?P<name>\w+): (?P<rest>.*)$")
FIELD = re.compile(r"\b(\w+) = (0x[0-9A-Fa-f]+|-?\d+)\b")


class Memory:
    def __init__(self):
        self.live = {}      # pointer -> size
        self.used = {}      # thread -> bytes
        self.lowest = {}    # thread -> least bytes it ever had
        self.counts = {}    # event -> how many
        self.inflated = 0   # bytes added over a pointer that was still noted
        self.unknown = 0    # frees of pointers that were not noted

    def note(self, thread, pointer, size):
        if pointer == 0:
            return
        if size == 0:
            gone = self.live.pop(pointer, None)
            self.unknown += gone is None
            change = -(gone or 0)
        else:
            self.inflated += self.live.get(pointer, 0)
            self.live[pointer] = size
            change = size
        self.used[thread] = self.used.get(thread, 0) + change
        self.lowest[thread] = min(self.lowest.get(thread, 0), self.used[thread])

    def take(self, line):
        match = LINE.match(line)
        if not match:
            return
        fields = {name: int(value, 0) for name, value in FIELD.findall(match.group("rest"))}
        name, thread = match.group("name"), fields.get("vtid", 0)
        self.counts[name] = self.counts.get(name, 0) + 1
        if name == "malloc" or name == "memalign":
            self.note(thread, fields["ptr"], fields["size"])
        elif name == "calloc":
            self.note(thread, fields["ptr"], fields["nmemb"] * fields["size"])
        elif name == "posix_memalign":
            self.note(thread, fields["out_ptr"], fields["size"])
        elif name == "free":
            self.note(thread, fields["ptr"], 0)
        elif name == "realloc":
            self.note(thread, fields["in_ptr"], 0)
            self.note(thread, fields["ptr"], fields["size"])


def read(lines):
    memory = Memory()
    for line in lines:
        memory.take(line)
    return memory


def main():
    memory = read(sys.stdin)
    for thread, used in sorted(memory.used.items()):
        print("thread %d: %d bytes" % (thread, used))
    print("%d blocks are left, %d bytes" % (len(memory.live), sum(memory.live.values())))
    print("%d bytes inflated, %d unknown frees" % (memory.inflated, memory.unknown))


if __name__ == "__main__":
    main()
