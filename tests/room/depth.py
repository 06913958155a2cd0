# SPDX-License-Identifier: MIT
# Runs on MicroPython: how many levels deep a function, a method in a comprehension, and a generator come.
n = 0


def function():
    global n
    n += 1
    function()


class Thing:
    def method(self, k):
        global n
        n += 1
        return [self.method(x) for x in (k,)]


def generator():
    global n
    n += 1
    yield from generator()


def deep(call):
    global n
    n = 0
    try:
        call()
    except RuntimeError:
        pass
    print(n)


deep(function)
deep(lambda: Thing().method(1))
deep(lambda: list(generator()))
