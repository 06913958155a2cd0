# SPDX-License-Identifier: MIT
"""How deep a recursion gets, and what a level of it takes of the C stack: functions, generators, methods that catch."""

KINDS = ("function", "generator", "method")
MOST_BYTES, LEAST_SHARE = 16, 0.97  # what the hooks may take: so many bytes a level, or so much of the depth

# Levels until RuntimeError, three times; then, where stack_use() is there, bytes a level: the difference between two depths.
# A level of `method` is two calls, for the list's expression is a function.
SCRIPT = """
deepest = 0
def function(n):
    global deepest
    deepest = n
    return function(n + 1)
def generator(n):
    global deepest
    deepest = n
    for x in generator(n + 1):
        yield x
class C:
    def method(self, n):
        global deepest
        deepest = n
        try:
            return [self.method(n + 1) for _ in range(1)]
        finally:
            self.last = n
for again in range(3):
    for deep in (function, generator, C().method):
        try:
            list(deep(0))
        except RuntimeError:
            print(deepest)
"""
BYTES = """
from micropython import stack_use
def function(n):
    return function(n - 1) if n else stack_use()
def generator(n):
    if n:
        for x in generator(n - 1):
            yield x
    else:
        yield stack_use()
class C:
    def method(self, n):
        try:
            return [self.method(n - 1) for _ in range(1)][0] if n else stack_use()
        finally:
            self.last = n
for deep in (function, lambda n: next(generator(n)), C().method):
    print((deep(8) - deep(2)) / 6)
"""


def measure(run):
    """run(script) returns what it printed. ([levels of each kind], [bytes a level of each kind])"""
    levels = [int(n) for n in run(SCRIPT).split()]
    return levels[:3] if levels == levels[:3] * 3 else [], [float(n) for n in run(BYTES).split()]


def check(tap, what, plain, hooked):
    """Both as measure returns them."""
    for kind, levels, less, size, more in zip(KINDS, plain[0], hooked[0], plain[1], hooked[1]):
        tap.check("%s: recursion of a %s: %d levels of %d, %+d bytes a level" % (what, kind, less, levels, more - size),
                  less >= levels * LEAST_SHARE or 0 <= more - size <= MOST_BYTES, (plain, hooked))
    tap.check("%s: all three kinds of recursion were measured" % what, all(len(part) == 3 for part in plain + hooked), (plain, hooked))
