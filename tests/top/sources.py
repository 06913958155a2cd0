# SPDX-License-Identifier: MIT
"""Firmwares that run, for top to look at."""
import os
import subprocess

import hs_test

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
STEADY = os.path.join(HERE, "steady.py")
FIRMWARE = hs_test.firmware("unix64")


def path(name):
    return os.path.join(hs_test.scratch(), name)


def demo():
    """A finished trace, of a program that ends with a failed allocation."""
    out = path("demo.hst")
    if not os.path.exists(out):
        hs_test.run([hs_test.NATIVE, "record", "-q", "-o", out, "--", FIRMWARE, "-X", "heapsize=68k", "logger.py"], cwd=DEMO)
    return out


def start(*args, heap="64k", **env):
    """A firmware that goes on by itself."""
    base = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
    return subprocess.Popen([FIRMWARE, "-X", "heapsize=" + heap, *args], env={**base, **env}, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
