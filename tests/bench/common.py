# SPDX-License-Identifier: MIT
"""Where things are and how they are built and run."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.environ.get("HS_ROOT_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HS_BUILD") or os.path.join(ROOT, "build")
CLI = os.environ.get("HS_CLI") or os.path.join(BUILD, "heapstrata")
MP = os.environ.get("HS_MP") or os.path.join(BUILD, "micropython")
MP_SRC = os.environ.get("HS_MP_SRC") or os.path.join(MP, "src")
CC = os.environ.get("CC") or "gcc"
ARM = "arm-none-eabi-"
OUT = os.path.join(BUILD, "tests", "bench")

sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))
os.makedirs(OUT, exist_ok=True)


def firmware(name, plain=False):
    return os.path.join(MP, "plain" if plain else "", name)


def output(*command, **options):
    """Standard output of a program that must succeed."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def compile_c(name, sources, *flags, cc=CC):
    """A program or plugin of the benchmark; returns its path."""
    path = os.path.join(OUT, name)
    subprocess.run([cc, "-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-I" + ROOT, "-o", path,
                    *[os.path.join(ROOT, s) for s in sources], *flags], check=True)
    return path


def scratch():
    """A temporary folder, for `with`."""
    return tempfile.TemporaryDirectory(prefix="scratch-", dir=OUT)


def have(program):
    return shutil.which(program) is not None


def geometric_mean(values):
    return statistics.geometric_mean(values) if values else None
