# SPDX-License-Identifier: MIT
"""Every command of the CLI that reads a trace, for suites that try all of them.

    for name, args in hs_commands.READERS: run([CLI] + hs_commands.fill(args, trace="x.hst", other="y.hst", out="folder/out"))

Arguments in braces are filled in: {trace}, {other} (a second trace), {out} (what is written; absent: nothing is),
{sources} (the folder of the programs that tests/files records).
"""

import os

import hs_test

# What the program needs for a format of `export`, and for options and commands.
FORMAT_NEEDS = {"sqlite": ("SQLITE3",), "pprof": ("PROTOBUF",), "perfetto": ("PROTOBUF",), "ctf": ("BABELTRACE2",)}
WORD_NEEDS = dict(FORMAT_NEEDS, **{"--svg": ("CAIRO",), "--png": ("CAIRO",), "top": ("NCURSES",)})

FORMATS = ("csv", "json", "sqlite", "folded", "speedscope", "massif", "pprof", "perfetto", "ctf")

PRINTERS = [
    ("stat", "stat {trace}"), ("stat json", "stat --json {trace}"),
    ("report", "report {trace}"), ("report json", "report --json {trace}"), ("report csv", "report --csv {trace}"),
    ("report call graph", "report -g {trace}"), ("report pins", "report --pins {trace}"),
    ("phases", "phases {trace}"), ("pools", "pools {trace}"),
    ("retained", "retained {trace}"), ("report peak", "report --peak -s line,kind {trace}"),
    ("blame", "blame {trace}"), ("blame json", "blame --json {trace}"), ("blame size", "blame --size 2000 {trace}"),
    ("whatif", "whatif {trace}"), ("whatif json", "whatif --json {trace}"),
    ("resets", "resets {trace}"), ("resets json", "resets --json {trace}"),
    ("doctor", "doctor {trace}"), ("doctor json", "doctor --json {trace}"),
    ("regions", "regions {trace}"), ("regions json", "regions --json {trace}"),
    ("timeline", "timeline {trace}"), ("timeline json", "timeline --json {trace}"), ("timeline csv", "timeline --csv {trace}"),
    ("pools timeline", "pools --timeline {trace}"), ("timeline size", "timeline --size 200 --by event {trace}"),
    ("marks", "marks {trace}"), ("marks json", "marks --json {trace}"), ("marks csv", "marks --csv {trace}"),
    ("map", "map {trace}"), ("map json", "map --json {trace}"), ("map age", "map --style age --full {trace}"),
    ("map meminfo", "map --style meminfo {trace}"), ("map diff", "map --diff event:100 {trace}"), ("map two", "map {trace} {other}"),
    ("compare", "compare {trace} {other}"), ("compare json", "compare --json {trace} {other}"),
    ("why", "why {trace} main"), ("why json", "why --json {trace} __main__"),
    ("globals", "globals {trace}"), ("globals json", "globals --json {trace}"),
    ("annotate", "annotate --source {sources} {trace}"), ("annotate json", "annotate --json --source {sources} {trace}"),
    ("dump", "dump {trace}"), ("dump json", "dump --json {trace}"), ("dump raw", "dump --raw {trace}"),
    ("dump packets", "dump --packets {trace}"), ("dump dict", "dump --dict {trace}"),
    ("top", "top --batch -n 1 {trace}"), ("top json", "top --batch --json -n 1 {trace}"),
]

WRITERS = [
    ("import", "import {trace} -o {out}"), ("html", "html {trace} -o {out}"), ("html two", "html {trace} {other} -o {out}"),
    ("map svg", "map --svg {out} {trace}"), ("map png", "map --png {out} {trace}"),
    ("timeline svg", "timeline --svg {out} {trace}"), ("timeline png", "timeline --png {out} --theme dark {trace}"),
    ("blame svg", "blame --size 2000 --svg {out} {trace}"), ("blame png", "blame --size 2000 --png {out} {trace}"),
] + [("export " + form, "export --format %s -o {out} {trace}" % form) for form in FORMATS]



def has(args):
    """Whether the program has all that this command needs."""
    return not any(part in hs_test.LACKS for word in args.split() for part in WORD_NEEDS.get(word, ()))


PRINTERS, WRITERS = ([c for c in commands if has(c[1])] for commands in (PRINTERS, WRITERS))
READERS = PRINTERS + WRITERS


SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "files")


def fill(args, **names):
    names = dict({"sources": SOURCES}, **names)
    return [word.format(**names) for word in args.split(" ")]
