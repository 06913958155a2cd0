#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`heapstrata record --serial` on MicroPython without our module.

    stock.py [CASE...]       cases: qemu pico unix text; all by default
"""
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle", "rp2")]
import hs_test  # noqa: E402

CASES = ("qemu", "pico", "unix", "text")


def main():
    tap = hs_test.Tap()
    for name in sys.argv[1:] or CASES:
        module = importlib.import_module("stock_" + name)
        try:
            module.run(tap)
        except Exception as problem:  # a broken case must not hide the others
            tap.check(name + " came to its end", False, repr(problem))
    tap.finish()


if __name__ == "__main__":
    main()
