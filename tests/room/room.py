#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recursion as deep as without hooks, but for what their one frame takes for each call of Python code: a return address and one
register. That is 16 bytes; gcc makes 32 of them for i386, whose arguments lie on the stack, which it aligns twice.

The levels that a stack of a given size has room for tell the bytes of a level; the difference of two firmwares is what the
hooks take. A method in a comprehension makes two calls of Python code a level.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

STACK = {"unix64": 80000, "unix32": 40000}  # that MicroPython's unix port allows itself
CALLS = (("a function", 1), ("a method in a comprehension", 2), ("a generator", 1))
FRAME = {"unix64": 16, "unix32": 32}


def levels(firmware, plain, **more):
    program = [hs_test.firmware(firmware, plain), os.path.join(HERE, "depth.py")]
    return [int(n) for n in hs_test.run(program, **more).out.split()]


def main():
    tap = hs_test.Tap()
    trace = os.path.join(hs_test.scratch(), "trace")
    for firmware in hs_test.UNIX:
        plain = levels(firmware, True)
        for how, env in (("stopped", {}), ("recording", {"HEAPSTRATA_OUT": trace})):
            hooked = levels(firmware, False, env=env)
            for (what, calls), before, after in zip(CALLS, plain, hooked):
                # a level more than was counted begins and does not fit
                takes = STACK[firmware] / (after + 1) - STACK[firmware] / before
                tap.check("%s, %s: %s, %d levels instead of %d" % (firmware, how, what, after, before),
                          takes <= FRAME[firmware] * calls, "%.1f bytes a level" % takes)
            tap.check("%s, %s: all were counted" % (firmware, how), len(plain) == len(hooked) == len(CALLS), (plain, hooked))
    tap.finish()


if __name__ == "__main__":
    main()
