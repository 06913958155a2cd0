# SPDX-License-Identifier: MIT
# A program whose heap is busy in several ways: frames that come and go, messages that are kept for a while, text
# that is cut up, and a cache that grows and is emptied. Its one argument says how long it goes on.
import sys


class Message:
    def __init__(self, number, text):
        self.number = number
        self.words = text.split()


def make_text(number):
    return " ".join(["reading", str(number), "of", hex(number * 7)])


def keep(queue, message):
    queue.append(message)
    if len(queue) > 40:
        queue.pop(0)


def fill(cache, number):
    cache[number % 300] = bytearray(number % 90)
    if number % 2000 == 0:
        cache.clear()


def main(rounds):
    queue, cache = [], {}
    for number in range(rounds):
        frame = bytearray(64 + number % 200)
        keep(queue, Message(number, make_text(number)))
        fill(cache, number)
        frame[0] = len([w for m in queue[-3:] for w in m.words if len(w) > 2]) & 0xFF


main(int(sys.argv[1]))
