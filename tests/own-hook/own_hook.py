#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example of firmware-hooks/README.md: a first-fit allocator, its hook, and a program that walks its own heap.

At each of the program's marks the map of the trace is what the program printed of its heap: every block, with its length, and
every free run. From a stream, and from what a small ring still holds. The hook also compiles for every core.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_cores
import hs_test

tap = hs_test.Tap()
FOLDER = os.path.join(hs_test.BUILD, "own-hook-tests")
HEAP, GRANULE, LEAST = 16384, 8, 16
TRACE = os.path.join(hs_test.scratch(), "own.hst")


def build(name, *more):
    out = os.path.join(FOLDER, name)
    done = hs_test.run(["make", "-s", "-f", "examples/own-hook/own-hook.mk", "OUT=" + out, *more], cwd=hs_test.ROOT, timeout=600, merge=True)
    if not tap.check("the example builds without a warning: %s" % name, done.status == 0 and not done.out, done.out.decode()[-3000:]):
        tap.finish()
    return os.path.join(out, "own-hook")


def walks(out):
    """{number: [(offset, bytes)]} of what the program printed."""
    found, at = {}, None
    for line in out.decode().splitlines():
        if line.startswith("walk "):
            at = found.setdefault(int(line.split()[1]), [])
        else:
            at.append(tuple(int(word) for word in line.split()))
    return found


def drawn(blocks):
    """The same as the map has it: h for a block's first granule, = for its others, . for free ones."""
    cells = ["."] * (HEAP // GRANULE)
    for offset, size in blocks:
        first, n = offset // GRANULE, size // GRANULE
        cells[first:first + n] = ["h"] + ["="] * (n - 1)
    return "".join(cells)


def run(program, *args, **env):
    if os.path.exists(TRACE):
        os.remove(TRACE)
    return hs_test.run([program, *args], env={name: value.replace("TRACE", TRACE) for name, value in env.items()}, timeout=120)


def compare(name, said, numbers):
    wrong = []
    for number in numbers:
        status, data, text = hs_test.cli_json("map", "--at", "mark:walk %d" % number, TRACE)
        region = data["regions"][0] if status == 0 and data["regions"] else {"map": text}
        if region["map"] != drawn(said[number]) or region["name"] != "example":
            wrong.append((number, region["map"][:300], drawn(said[number])[:300]))
    tap.check("%s: %d maps are the allocator's walk" % (name, len(numbers)), numbers and not wrong, wrong[:1])


program = build("plain")
for seed in ("1", "2", "3"):
    done = run(program, "2000", seed, HEAPSTRATA_OUT="TRACE")
    said = walks(done.out)
    tap.check("seed %s: the program runs, and sees its own allocations" % seed, done.status == 0 and len(said) == 20, done.err)
    compare("seed %s" % seed, said, list(said))
    status, stat, text = hs_test.cli_json("stat", TRACE)
    last = said[20]
    tap.check("seed %s: bytes and blocks at the end, nothing lost" % seed, status == 0 and not stat["warnings"] and
              (stat["used_bytes"], stat["blocks"], stat["lost"]) == (sum(size for _, size in last), len(last), 0), (text, stat))

failures = hs_test.cli_json("report", TRACE)[1]["failures"]
tap.check("a request that is too large is reported, and what the heap had", failures and all(
    f["asked_bytes"] == 2 * HEAP and f["verdict"] == "full" and 0 < f["free_bytes"] <= HEAP for f in failures), failures)
done = hs_test.cli("report", "--elf", program, TRACE)
tap.check("--elf: this build's file, with names", done.status == 0 and b"another build" not in done.err and b"step" in done.out, done.err + done.out)
other = build("other", "CFLAGS=-O2 -g")
done = hs_test.cli("report", "--elf", other, TRACE)
tap.check("--elf: another build's file is said to be one", b"another build" in done.err, done.err)

done = run(program, "30000", "5", HEAPSTRATA_RING="TRACE:12k")
said = walks(done.out)
marks = [int(n) for n in re.findall(r"walk (\d+)", hs_test.cli("marks", TRACE).out.decode())]
stat = hs_test.cli_json("stat", TRACE)[1] or {}
tap.check("a ring of 12 KB has gone round", done.status == 0 and marks and marks[0] > 100 and marks[-1] == 300, (marks[:3], marks[-3:]))
compare("ring", said, marks[-3:])

# The same in version 3 of the format: the build learns.
sizes = []
for program_ in (program, build("learned", "CFLAGS=-O2 -g -DHS_LEARN=1")):
    done = run(program_, "2000", "1", HEAPSTRATA_OUT="TRACE")
    with open(TRACE, "rb") as f:
        sizes.append(len(f.read()))
        f.seek(0)
        version = f.read(9)[8]
said = walks(done.out)
tap.check("HS_LEARN=1: the trace is of version 3, and shorter: %d bytes of %d" % (sizes[1], sizes[0]), version == 3 and sizes[1] < sizes[0], version)
compare("HS_LEARN=1", said, list(said))
done = run(program_, "30000", "5", HEAPSTRATA_RING="TRACE:12k")
said = walks(done.out)
marks = [int(n) for n in re.findall(r"walk (\d+)", hs_test.cli("marks", TRACE).out.decode())]
compare("HS_LEARN=1, ring", said, marks[-3:])

for level in ("sampled:64", "summary"):
    done = run(program, "2000", "1", HEAPSTRATA_OUT="TRACE", HEAPSTRATA_LEVEL=level)
    status, stat, text = hs_test.cli_json("stat", TRACE)
    tap.check("level %s: a trace that can be read, the self-test passes" % level, done.status == 0 and status == 0 and stat["events"] > 0, done.err)
    if level == "summary":
        summaries = [line for line in hs_test.cli("dump", TRACE).out.decode().splitlines() if " SUMMARY " in line]
        last, used = walks(done.out)[20], re.search(r" used=(\d+)", summaries[-1]) if summaries else None
        tap.check("level summary: granules in use are the allocator's", used and int(used.group(1)) == sum(size for _, size in last) // GRANULE, summaries[-1:])

SOURCES = [os.path.join("firmware-hooks", *path) for path in (("example", "first_fit.c"), ("example", "example_hook.c"), ("startup", "startup.c"),
                                                          ("startup", "heaps.c"))]
for core in hs_cores.CORES.values():
    if core.missing():
        tap.skip("compiles for %s" % core.title, core.missing())
        continue
    problems = ""
    for source in SOURCES:
        made = os.path.join(hs_test.scratch(), os.path.basename(source) + ".o")
        done = core.compile(["-std=gnu11", "-Os", *hs_cores.WARNINGS, "-I" + hs_test.ROOT, "-c", "-o", made], [os.path.join(hs_test.ROOT, source)])
        problems += done.stdout if done.returncode or done.stdout else ""
    tap.check("compiles without a warning for %s" % core.title, not problems, problems[:2000])
tap.finish()
