# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every top_*.py beside this file, with the TAP output."""
import glob
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
sys.path.insert(0, HERE)
import hs_test  # noqa: E402


def main():
    tap = hs_test.Tap()
    if not tap.needs("top", "NCURSES"):
        tap.finish()
    for file in sorted(glob.glob(os.path.join(HERE, "top_*.py"))):
        module = importlib.import_module(os.path.basename(file)[:-3])
        for name in [n for n in vars(module) if n.startswith("case_")]:
            try:
                getattr(module, name)(tap)
            except Exception as problem:  # a broken case must not hide the others
                tap.check("%s %s" % (module.__name__, name), False, repr(problem))
    tap.finish()


main()
