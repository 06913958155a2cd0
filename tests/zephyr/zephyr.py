#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hook for Zephyr's heaps on a stand-in for Zephyr (standin_*.c): the layout of sys_heap, two heaps, three threads.

At each mark the trace's maps are the walks of the chunks.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_cores
import hs_test

tap = hs_test.Tap()
ALONE = {"MAKEFLAGS": "", "MAKELEVEL": "0", "CFLAGS": "", "LDFLAGS": ""}  # nothing of the make that runs the tests
FOLDER = os.path.join(hs_test.BUILD, "zephyr-tests")
MARKED = re.compile(r"^(mark|block|held) ([0-9a-f]{8}) ([0-9a-f]{8})$", re.M)
FRONTS = (4, 8, 12)  # from a chunk's start to what k_heap_alloc or k_malloc returned


def build(name, ring, *more):
    """Returns (the program, what make printed)."""
    elf = os.path.join(FOLDER, name + ".elf")
    if os.path.exists(elf):
        os.remove(elf)
    flags = "-DSAVE_AS='\"%s.bin\"' -DHS_RING_SIZE=%d" % (name, ring)
    done = hs_test.run(["make", "-s", "CFLAGS=-Os -g", "-f", "examples/c-firmware/c-firmware.mk", "LIBC=newlib-nano", "MORE_HOOKS=zephyr", "NAME=" + name,
                        "OUT=" + FOLDER, "PORT=zephyr", "PROGRAM=tests/zephyr/standin_heap.c tests/zephyr/standin_kernel.c tests/zephyr/work.c",
                        "PROGRAM_CFLAGS=" + flags, "MORE_CFLAGS=-Itests/zephyr/include", *more], cwd=hs_test.ROOT, env=ALONE, timeout=600, merge=True)
    return (elf if done.status == 0 and os.path.exists(elf) else None), done.out.decode(errors="replace")


def spoken(text):
    """{mark: (blocks {address: bytes}, [addresses held])}"""
    found, at = {}, None
    for word, a, b in MARKED.findall(text):
        if word == "mark":
            at = found.setdefault(int(a, 16), ({}, []))
        elif word == "block":
            at[0][int(a, 16)] = int(b, 16)
        else:
            at[1].append(int(a, 16))
    return found


def mapped(trace, number):
    """{address: bytes} of the blocks in Zephyr's heaps at a mark."""
    status, data, text = hs_test.cli_json("map", "--at", "mark:walk %d" % number, trace)
    found = {}
    for region in data["regions"] if status == 0 and data else []:
        if region["name"].startswith("zephyr/"):
            base, granule = int(region["base"], 0), region["granule_bytes"]
            found.update({base + m.start() * granule: len(m.group()) * granule for m in re.finditer("h=*", region["map"])})
    return found or text


def compare(name, trace, said, numbers):
    wrong = [(n, got, said[n][0]) for n, got in ((n, mapped(trace, n)) for n in numbers) if got != said[n][0]]
    tap.check("%s: %d maps are the walk of the chunks" % (name, len(numbers)), numbers and not wrong, str(wrong[:1])[:1500])
    lost = [hex(h) for n in numbers for h in said[n][1] if not any(h - front in said[n][0] for front in FRONTS)]
    tap.check("%s: they have each block that the threads hold" % name, not lost, lost[:5])


def case(name, ring):
    elf, text = build(name, ring)
    if not tap.check("%s: builds without a warning" % name, elf and not text, text[-3000:]):
        return
    done = hs_test.run(hs_cores.MPS2.command(elf), cwd=hs_test.scratch(), timeout=600, merge=True)
    said, trace = spoken(done.out.decode(errors="replace")), os.path.join(hs_test.scratch(), name + ".bin")
    tap.check("%s: the program runs, and the hook sees what is allocated" % name, done.status == 0 and len(said) == 10, (done.status, done.out[-300:]))
    marks = [int(n) for n in re.findall(r"walk (\d+)", hs_test.cli("marks", trace).out.decode())]
    tap.check("%s: the marks of the trace" % name, marks == list(range(1, 11)) if name == "whole" else marks and marks[0] > 1 and marks[-1] == 10, marks)
    compare(name, trace, said, marks if name == "whole" else marks[-1:])
    if name != "whole":
        return
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    sizes = {f["asked_bytes"] for f in failures}
    tap.check("refused requests, with what was asked for", failures and any(n > 50000 for n in sizes), sorted(sizes))
    dump = hs_test.cli("dump", trace).out.decode()
    tap.check("a resized block is one record", len(re.findall(r"\bREALLOC\b", dump)) > 100, "")
    out = hs_test.cli("leaks", "--elf", elf, trace).out.decode()
    rows = re.findall(r"(sensor|radio|log)\b.* (sensor|radio|log)_asks", out)
    tap.check("threads by name, each with its own function", len(rows) >= 3 and all(a == b for a, b in rows), out)


def case_link():
    names = []
    for folder in ("newlib-nano", "zephyr"):
        with open(os.path.join(hs_test.ROOT, "firmware-hooks", folder, "wraps.txt"), encoding="ascii") as f:
            names += [line.strip() for line in f if not line.startswith("#")]
    _, text = build("unwrapped", 16384, "HS_HOOKS_LDFLAGS=" + " ".join("-Wl,--wrap=" + n for n in names if n != "sys_heap_free"))
    tap.check("a link that lacks a wrap fails, and names it", "__real_sys_heap_free" in text, text[-1000:])


missing = hs_cores.CORES["cortex-m3"].missing()
if missing:
    tap.skip("Zephyr's heaps on QEMU", missing)
else:
    case("whole", 262144)
    case("ring", 12288)
    case_link()
tap.finish()
