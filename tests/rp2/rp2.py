#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MicroPython's firmware for the Raspberry Pi Pico, on an emulated board (pico.py).

    rp2.py [CASE...]        cases: maps boots threads serial firmware masked depth; all by default

`threads` does 24 soft resets with a running thread; with HS_SOAK (make soak) 200, with HS_RP2_CYCLES=N so many.
"""
import argparse
import concurrent.futures
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]
import hs_test  # noqa: E402
import pico  # noqa: E402

CASES = ("maps", "boots", "threads", "serial", "firmware", "masked", "depth")


def run(tap, name):
    """A case that cannot be brought to its end has failed; the others go on."""
    try:
        importlib.import_module("rp2_" + name).run(tap)
    except (pico.BoardError, OSError, LookupError, ValueError) as error:
        tap.check(name + ": came to its end", False, "%s: %s" % (type(error).__name__, error))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", choices=[[], *CASES], metavar="CASE")
    cases = parser.parse_args().case or CASES
    tap = hs_test.Tap()
    if pico.missing():
        tap.skip("an emulated Pico", pico.missing())
        tap.finish()
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        for done in [pool.submit(run, tap, name) for name in cases]:
            done.result()
    tap.finish()


if __name__ == "__main__":
    main()
