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
import hs_c_firmware
import hs_cores
import hs_test

tap = hs_test.Tap()
FOLDER = os.path.join(hs_test.BUILD, "zephyr-tests")
PROGRAM = "tests/zephyr/standin_heap.c tests/zephyr/standin_kernel.c tests/zephyr/work.c " + hs_c_firmware.SAID
FRONTS = (4, 8, 12)  # from a chunk's start to what k_heap_alloc or k_malloc returned


def build(name, ring, *more):
    """Returns (the program, what make printed)."""
    return hs_c_firmware.build(FOLDER, name, "newlib-nano", PROGRAM, "MORE_HOOKS=zephyr", "PORT=zephyr", "MORE_CFLAGS=-Itests/zephyr/include",
                               "PROGRAM_CFLAGS=-DSAVE_AS='\"%s.bin\"' -DHS_RING_SIZE=%d" % (name, ring), *more)


def case(name, ring, *more):
    elf, text = build(name, ring, *more)
    if not tap.check("%s: builds without a warning" % name, elf and not text, text[-3000:]):
        return
    done = hs_test.run(hs_cores.MPS2.command(elf), cwd=hs_test.scratch(), timeout=600, merge=True)
    said, trace = hs_c_firmware.spoken(done.out), os.path.join(hs_test.scratch(), name + ".bin")
    tap.check("%s: the program runs, and the hook sees what is allocated" % name, done.status == 0 and len(said) == 10, (done.status, done.out[-300:]))
    hs_c_firmware.check_marks(tap, name, trace, said, FRONTS, name == "whole", "zephyr/")
    hs_c_firmware.check_requests(tap, name, elf, trace)
    if name != "whole":
        return
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    sizes = {f["asked_bytes"] for f in failures}
    tap.check("refused requests, with what was asked for", failures and any(n > 50000 for n in sizes), sorted(sizes))
    dump = hs_test.cli("dump", trace).out.decode()
    tap.check("a resized block is one record", len(re.findall(r"\bREALLOC\b", dump)) > 100, "")
    hs_c_firmware.check_tasks(tap, "threads", elf, trace)


def case_link():
    names = hs_c_firmware.wraps("newlib-nano") + hs_c_firmware.wraps("zephyr")
    _, text = build("unwrapped", 16384, hs_c_firmware.given(n for n in names if n != "sys_heap_free"))
    tap.check("a link that lacks a wrap fails, and names it", "__real_sys_heap_free" in text, text[-1000:])
    elf, text = build("unseen", 16384, hs_c_firmware.given(n for n in names if n != "sys_heap_noalign_alloc"))
    if tap.check("without the wrap of what only newer versions have a firmware links", elf, text[-1000:]):
        done = hs_test.run(hs_cores.MPS2.command(elf), cwd=hs_test.scratch(), timeout=600, merge=True)
        tap.check("... and the self-test fails", done.status == 1 and b"does not see" in done.out, (done.status, done.out[-300:]))


missing = hs_cores.CORES["cortex-m3"].missing()
if missing:
    tap.skip("Zephyr's heaps on QEMU", missing)
else:
    case("whole", 262144)
    case("ring", 12288)
    case("older", 12288, "MORE_CFLAGS=-Itests/zephyr/include -DOLDER")
    case_link()
tap.finish()
