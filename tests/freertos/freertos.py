#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hook for FreeRTOS's heaps on a stand-in for the kernel (standin*.c): the layouts of heap_4 and heap_5, three tasks.

At each mark the trace's map is the walk of the headers. Two heaps are in the trace: the kernel's and newlib-nano's.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_cores
import hs_test

tap = hs_test.Tap()
ALONE = {"MAKEFLAGS": "", "MAKELEVEL": "0", "CFLAGS": "", "LDFLAGS": ""}  # nothing of the make that runs the tests
FOLDER = os.path.join(hs_test.BUILD, "freertos-tests")
MARKED = re.compile(r"^(mark|block|held) ([0-9a-f]{8}) ([0-9a-f]{8})$", re.M)
HEADER = 8


def build(heap, name, ring, *more):
    """Returns (the program, what make printed)."""
    elf = os.path.join(FOLDER, "heap_%d" % heap, name + ".elf")
    if os.path.exists(elf):
        os.remove(elf)
    flags = "-DSAVE_AS='\"%s.bin\"' -DHS_RING_SIZE=%d" % (name, ring)
    done = hs_test.run(["make", "-s", "CFLAGS=-Os -g", "-f", "examples/c-firmware/c-firmware.mk", "LIBC=newlib-nano", "MORE_HOOKS=freertos", "NAME=" + name,
                        "OUT=" + os.path.dirname(elf), "PROGRAM=tests/freertos/standin.c tests/freertos/standin_main.c tests/freertos/work.c", "PROGRAM_CFLAGS=" + flags,
                        "MORE_CFLAGS=-Itests/freertos/include -DHS_FREERTOS_HEAP=%d" % heap, *more], cwd=hs_test.ROOT, env=ALONE, timeout=600, merge=True)
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
    """{address: bytes} of the blocks in the kernel's regions at a mark."""
    status, data, text = hs_test.cli_json("map", "--at", "mark:walk %d" % number, trace)
    found = {}
    for region in data["regions"] if status == 0 and data else []:
        if region["name"].startswith("FreeRTOS"):
            base, granule = int(region["base"], 0), region["granule_bytes"]
            found.update({base + m.start() * granule: len(m.group()) * granule for m in re.finditer("h=*", region["map"])})
    return found or text


def compare(name, trace, said, numbers):
    wrong = [(n, mapped(trace, n), said[n][0]) for n in numbers if mapped(trace, n) != said[n][0]]
    tap.check("%s: %d maps are the walk of the kernel's headers" % (name, len(numbers)), numbers and not wrong, str(wrong[:1])[:1500])
    lost = [hex(h) for n in numbers for h in said[n][1] if h - HEADER not in said[n][0]]
    tap.check("%s: they have each block that the tasks hold" % name, not lost, lost[:5])


def case(heap, name, ring):
    title = "heap_%d, %s" % (heap, name)
    elf, text = build(heap, name, ring)
    if not tap.check("%s: builds without a warning" % title, elf and not text, text[-3000:]):
        return
    done = hs_test.run(hs_cores.MPS2.command(elf), cwd=hs_test.scratch(), timeout=600, merge=True)
    said, trace = spoken(done.out.decode(errors="replace")), os.path.join(hs_test.scratch(), name + ".bin")
    tap.check("%s: the program runs, and the hook sees what is allocated" % title, done.status == 0 and len(said) == 10, (done.status, done.out[-300:]))
    marks = [int(n) for n in re.findall(r"walk (\d+)", hs_test.cli("marks", trace).out.decode())]
    tap.check("%s: the marks of the trace" % title, marks == list(range(1, 11)) if name == "whole" else marks and marks[0] > 1 and marks[-1] == 10, marks)
    compare(title, trace, said, marks if name == "whole" else marks[-1:])
    if name != "whole":
        return
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    sizes = {f["asked_bytes"] for f in failures}
    tap.check("%s: refused requests, with what was asked for to the byte" % title,
              failures and all(100000 <= n < 100050 for n in sizes) and any(n % 8 for n in sizes), sorted(sizes))
    out = hs_test.cli("report", "--elf", elf, trace).out
    tap.check("%s: callers by name" % title, all(word in out for word in (b"sensor_asks", b"radio_asks", b"log_asks")), out[:2000])
    out = hs_test.cli("leaks", "--elf", elf, trace).out.decode()
    rows = re.findall(r"(sensor|radio|log)\b.* (sensor|radio|log)_asks", out)
    tap.check("%s: tasks by name, each with its own function" % title, len(rows) >= 3 and all(a == b for a, b in rows), out)


def case_links():
    """The kernel without the macros, and heap_5 without its wrap, do not link."""
    _, text = build(4, "untraced", 16384, "HS_HOOKS_LDFLAGS=%s" % wraps(), "MORE_CFLAGS=-Itests/freertos/include -DHS_FREERTOS_HEAP=4 -DUNTRACED")
    tap.check("a kernel that was compiled without the macros does not link", "hs_freertos_is_traced" in text, text[-1000:])
    shutil.rmtree(os.path.join(FOLDER, "heap_4", "untraced"), ignore_errors=True)
    _, text = build(5, "unwrapped", 16384, "HS_HOOKS_LDFLAGS=%s" % wraps("vPortDefineHeapRegions"))
    tap.check("heap_5 without the wrap of its regions does not link", "__real_vPortDefineHeapRegions" in text, text[-1000:])


def wraps(left_out=None):
    names = []
    for folder in ("newlib-nano", "freertos"):
        with open(os.path.join(hs_test.ROOT, "firmware-hooks", folder, "wraps.txt"), encoding="ascii") as f:
            names += [line.strip() for line in f if not line.startswith("#")]
    return " ".join("-Wl,--wrap=" + name for name in names if name != left_out)


missing = hs_cores.CORES["cortex-m3"].missing()
if missing:
    tap.skip("FreeRTOS's heaps on QEMU", missing)
else:
    for number in (4, 5):
        case(number, "whole", 262144)
    case(4, "ring", 12288)
    case_links()
tap.finish()
