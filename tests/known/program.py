# SPDX-License-Identifier: MIT
# A list grows slowly while much garbage is made, until its next size finds no run that is long enough.
import heapstrata

kept = []


def numbers(i):
    return [i] * 8


def buffer(i):
    return bytearray(i % 500)


def text(i):
    return "s%d" % i


def work():
    for i in range(6000):
        x, y, z = numbers(i), buffer(i), text(i)
        if i % 20 == 0:
            kept.append(z)
        if i == 3000:
            heapstrata.mark("half")


work()
