# SPDX-License-Identifier: MIT
"""Test firmware with a C heap: its build by examples/c-firmware, and the lines that tests/c-heap/said.c prints."""
import os
import re

import hs_test

ALONE = {"MAKEFLAGS": "", "MAKELEVEL": "0", "CFLAGS": "", "LDFLAGS": ""}  # nothing of the make that runs the tests
MAKE = ["make", "-s", "CFLAGS=-Os -g", "-f", "examples/c-firmware/c-firmware.mk"]
SAID = "tests/c-heap/said.c"
SPOKEN = re.compile(r"^(mark|block|held) ([0-9a-f]{8}) ([0-9a-f]{8})$", re.M)


def build(folder, name, libc, program, *settings):
    """Returns (the program or None, what make printed)."""
    elf = os.path.join(folder, name + ".elf")
    if os.path.exists(elf):
        os.remove(elf)
    done = hs_test.run([*MAKE, "OUT=" + folder, "NAME=" + name, "LIBC=" + libc, "PROGRAM=" + program, *settings],
                       cwd=hs_test.ROOT, env=ALONE, timeout=600, merge=True)
    return (elf if done.status == 0 and os.path.exists(elf) else None), done.out.decode(errors="replace")


def wraps(folder):
    """The names of a hook's wraps."""
    with open(os.path.join(hs_test.ROOT, "firmware-hooks", folder, "wraps.txt"), encoding="ascii") as f:
        return [line.strip() for line in f if not line.startswith("#")]


def given(names):
    """The setting that gives the linker these wraps and no others."""
    return "HS_HOOKS_LDFLAGS=" + " ".join("-Wl,--wrap=" + name for name in names)


def spoken(out):
    """{mark: (blocks {address: bytes}, [addresses held])}"""
    found, at = {}, None
    for word, a, b in SPOKEN.findall(out.decode(errors="replace")):
        if word == "mark":
            at = found.setdefault(int(a, 16), ({}, []))
        elif word == "block":
            at[0][int(a, 16)] = int(b, 16)
        else:
            at[1].append(int(a, 16))
    return found


def marks(trace):
    """The numbers of the marks that the trace has."""
    return [int(n) for n in re.findall(r"walk (\d+)", hs_test.cli("marks", trace).out.decode())]


def mapped(trace, number, region_name=""):
    """{address: bytes} of the blocks in the map at a mark, in regions whose names begin so; or a text that says why not."""
    status, data, text = hs_test.cli_json("map", "--at", "mark:walk %d" % number, trace)
    found = {}
    for region in data["regions"] if status == 0 and data else []:
        if region["name"].startswith(region_name):
            base, granule = int(region["base"], 0), region["granule_bytes"]
            found.update({base + m.start() * granule: len(m.group()) * granule for m in re.finditer("h=*", region["map"])})
    return found or text


def compare(tap, name, trace, said, numbers, fronts, region_name=""):
    """At these marks the maps are the walks, and have each block that is held. `fronts`: bytes from a block's start to its user's
    address."""
    wrong, lost = [], []
    for number in numbers:
        blocks, held = said[number]
        got = mapped(trace, number, region_name)
        if got != blocks:
            wrong.append((number, got if isinstance(got, str) else sorted(set(got.items()) ^ set(blocks.items()))[:8]))
        lost += [hex(h) for h in held if not any(h - front in blocks for front in fronts)]
    tap.check("%s: %d maps are the walk of the heap's own structures" % (name, len(numbers)), numbers and not wrong, wrong[:1])
    tap.check("%s: they have each block that the program holds" % name, not lost, lost[:5])


def check_marks(tap, name, trace, said, fronts, whole, region_name=""):
    """Ten marks: a whole trace has all of them, a ring the last ones."""
    found = marks(trace)
    tap.check("%s: %s" % (name, "has all marks" if whole else "the first marks are gone, the last is there"),
              found == list(range(1, 11)) if whole else found and found[0] > 1 and found[-1] == 10, found)
    compare(tap, name, trace, said, found if whole else found[-1:], fronts, region_name)


def check_tasks(tap, name, elf, trace):
    """Each of the three tasks allocates by a function of its own."""
    out = hs_test.cli("leaks", "--elf", elf, trace).out.decode()
    rows = re.findall(r"(sensor|radio|log)\b.* (sensor|radio|log)_asks", out)
    tap.check("%s by name, each with its own function" % name, len(rows) >= 3 and all(a == b for a, b in rows), out)


def check_requests(tap, name, elf, trace):
    """All that such a function requests is its task's, also in a ring that has gone round, from its first snapshot on. Requests before
    that snapshot take no bytes of a layout."""
    rows = hs_test.cli_json("report", "--elf", elf, "--sort", "thread,line", trace)[1]["rows"]
    wrong = [r for r in rows if r["line"].endswith("_asks") and r["taken_bytes"] and "(%s)" % r["line"].split("_")[0] not in r["thread"]]
    tap.check("%s: each task's requests are its own" % name, len(rows) >= 3 and not wrong, wrong)
