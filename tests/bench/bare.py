# SPDX-License-Identifier: MIT
"""bare_main.c on a core of hs_cores.py: what each recorder executes, counted exactly."""
import os
import subprocess

import board
import common
import firmware
import hs_cores

PORT = '-DHS_PORT_HEADER="tests/bench/port_bench.h"'
SOURCES = ["tests/bench/bare_main.c", "tests/bench/recorders.c"] + hs_cores.LIB
SKIP, EVENTS = 180000, 60000  # past the time when the heap fills up
ACTIONS = [
    ("hs_rec_*", "core", "site definition"),
    ("record*", "core", "site definition"),
    ("mark", "core", "site definition"),
    ("fixed_alloc", "op", "alloc encode"),
    ("fixed_free", "op", "free encode"),
    ("leb_alloc", "op", "alloc encode"),
    ("leb_free", "op", "free encode"),
    ("fold_alloc", "op", "alloc encode"),
    ("fold_free", "op", "free encode"),
] + board.ACTIONS


class Events:
    """Instructions of one recorder over one run of events."""

    def __init__(self, counts, alloc, release):
        self.allocs, self.frees = (counts.calls[f, False] for f in (alloc, release))
        self.alloc = counts.scope["alloc encode"] / self.allocs
        self.free = counts.scope["free encode"] / self.frees
        self.event = (counts.scope["alloc encode"] + counts.scope["free encode"]) / (self.allocs + self.frees)
        self.turn = counts.scope["packet turn"] / (self.allocs + self.frees)


RUNS = [("predicted", "hs_put_alloc", "hs_put_free"), ("random", "hs_put_alloc", "hs_put_free"),
        ("struct", "fixed_alloc", "fixed_free"), ("leb", "leb_alloc", "leb_free"), ("folded", "fold_alloc", "fold_free"),
        ("version 3", "hs_put_alloc", "hs_put_free")]


def count(core, synthetic, folder):
    """Events by the names of RUNS. `synthetic`: the host's program that makes the stream."""
    with open(os.path.join(folder, "events.inc"), "w") as f:
        f.write(common.output(synthetic, "list", "free", str(SKIP), str(EVENTS)))
    elf = core.link(os.path.join(folder, "bare.elf"), SOURCES, PORT, "-O2", "-DHS_LEARN=1", "-I" + folder, roomy=True)
    functions = firmware.functions(elf, linker_map=False, nm=core.cross + "nm")
    ranges, out = os.path.join(folder, "ranges"), os.path.join(folder, "counts")
    board.write_ranges(ranges, functions, lambda f: board.first_match(f.name, ACTIONS))
    mark = next(f.first for f in functions if f.name == "mark")
    plugin = "%s,out=%s,mark=%x,ranges=%s,base=%x" % (board.build_plugin(), out, mark, ranges, core.code)
    subprocess.run(core.roomy.command(elf, "-plugin", plugin), check=True, timeout=300, stdin=subprocess.DEVNULL)
    marks = board.read_marks(out)
    counts = [board.Counts(functions, first, last) for first, last in zip(marks[::2], marks[1::2])]
    return {name: Events(c, alloc, release) for (name, alloc, release), c in zip(RUNS, counts)}
