# SPDX-License-Identifier: MIT
# Runs unchanged with the built-in module, with heapstrata.py, and with the helper of `heapstrata record`.
import gc
import heapstrata


def show(name, t):
    print(name, t.allocated, t.kept, t.garbage)


# The collector looks at old words of the stack too, and keeps what they point to. Calls write over them.
def clear(depth=12):
    if depth:
        clear(depth - 1)


def allocate(keep):
    garbage = [bytearray(200) for i in range(10)]
    keep.append(bytearray(3000))
    return len(garbage)


def work(keep):
    allocate(keep)
    clear()


def by_hand(keep):
    gc.collect()
    before = gc.mem_alloc()
    work(keep)
    used = gc.mem_alloc()
    gc.collect()
    after = gc.mem_alloc()
    print("by hand", used - before, after - before, used - after)


# As a context manager.
def parts(keep):
    part = heapstrata.track("part")
    with part as t:
        work(keep)
    print(part is t, t.label)
    show("part", t)
    with heapstrata.track("outer") as outer:
        with heapstrata.track("inner") as inner:
            work(keep)
        work(keep)
    print("within", inner.allocated < outer.allocated, inner.kept * 2 <= outer.kept)
    with part:
        with part:
            work(keep)
        show("innermost", part)
    print("kept by both", part.kept >= 3000)


# As a decorator.
@heapstrata.track
def function(n, more=1):
    return [n] * more


named = heapstrata.track("named")


@named
def kept(keep, n):
    keep.append(bytearray(n))
    if n > 1000:
        kept(keep, n // 2)


class Thing:
    @heapstrata.track
    def method(self, n):
        return self, n


# What an exception leaves.
def failing(keep):
    t = heapstrata.track("fails")
    try:
        with t:
            keep.append(bytearray(500))
            raise ValueError("as wanted")
    except ValueError as e:
        print("raised", e, t.kept >= 500, t.allocated == t.kept + t.garbage)


# A heap that is full meanwhile: what stays is right, but for a block or two that old words keep.
def full(keep):
    with heapstrata.track("full") as t:
        for i in range(600):
            bytearray(1000)
        keep.append(bytearray(2000))
        clear()
    print("full", 2000 <= t.kept < 5000, t.allocated == t.kept + t.garbage)


def main():
    keep = [None] * 40
    del keep[:]
    by_hand(keep)
    parts(keep)
    print(function(3, more=2))
    kept(keep, 1500)
    print("named", 1500 + 750 <= named.kept < 2500, named.allocated == named.kept + named.garbage)
    thing = Thing()
    print(thing.method(7) == (thing, 7))
    failing(keep)
    full(keep)
    heapstrata.stop()
    with heapstrata.track("silent"):
        pass
    heapstrata.mark("unseen")


main()
