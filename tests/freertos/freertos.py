#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hook for FreeRTOS's heaps on a stand-in for the kernel (standin*.c): the layouts of heap_4 and heap_5, three tasks.

At each mark the trace's map is the walk of the headers. Two heaps are in the trace: the kernel's and newlib-nano's.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_c_firmware
import hs_cores
import hs_test

tap = hs_test.Tap()
FOLDER = os.path.join(hs_test.BUILD, "freertos-tests")
PROGRAM = "tests/freertos/standin.c tests/freertos/standin_main.c tests/freertos/work.c " + hs_c_firmware.SAID
FRONTS = (8,)


def build(heap, name, ring, *more):
    """Returns (the program, what make printed)."""
    return hs_c_firmware.build(os.path.join(FOLDER, "heap_%d" % heap), name, "newlib-nano", PROGRAM, "MORE_HOOKS=freertos",
                               "PROGRAM_CFLAGS=-DSAVE_AS='\"%s.bin\"' -DHS_RING_SIZE=%d" % (name, ring),
                               "MORE_CFLAGS=-Itests/freertos/include -DHS_FREERTOS_HEAP=%d" % heap, *more)


def case(heap, name, ring):
    title = "heap_%d, %s" % (heap, name)
    elf, text = build(heap, name, ring)
    if not tap.check("%s: builds without a warning" % title, elf and not text, text[-3000:]):
        return
    done = hs_test.run(hs_cores.MPS2.command(elf), cwd=hs_test.scratch(), timeout=600, merge=True)
    said, trace = hs_c_firmware.spoken(done.out), os.path.join(hs_test.scratch(), name + ".bin")
    tap.check("%s: the program runs, and the hook sees what is allocated" % title, done.status == 0 and len(said) == 10, (done.status, done.out[-300:]))
    hs_c_firmware.check_marks(tap, title, trace, said, FRONTS, name == "whole", "FreeRTOS")
    hs_c_firmware.check_requests(tap, title, elf, trace)
    if name != "whole":
        return
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    sizes = {f["asked_bytes"] for f in failures}
    tap.check("%s: refused requests, with what was asked for to the byte" % title,
              failures and all(100000 <= n < 100050 for n in sizes) and any(n % 8 for n in sizes), sorted(sizes))
    out = hs_test.cli("report", "--elf", elf, trace).out
    tap.check("%s: callers by name" % title, all(word in out for word in (b"sensor_asks", b"radio_asks", b"log_asks")), out[:2000])
    hs_c_firmware.check_tasks(tap, "%s: tasks" % title, elf, trace)


def case_links():
    """The kernel without the macros, and heap_5 without its wrap, do not link."""
    names = hs_c_firmware.wraps("newlib-nano") + hs_c_firmware.wraps("freertos")
    _, text = build(4, "untraced", 16384, hs_c_firmware.given(names), "MORE_CFLAGS=-Itests/freertos/include -DHS_FREERTOS_HEAP=4 -DUNTRACED")
    tap.check("a kernel that was compiled without the macros does not link", "hs_freertos_is_traced" in text, text[-1000:])
    _, text = build(5, "unwrapped", 16384, hs_c_firmware.given(name for name in names if name != "vPortDefineHeapRegions"))
    tap.check("heap_5 without the wrap of its regions does not link", "__real_vPortDefineHeapRegions" in text, text[-1000:])


missing = hs_cores.CORES["cortex-m3"].missing()
if missing:
    tap.skip("FreeRTOS's heaps on QEMU", missing)
else:
    for number in (4, 5):
        case(number, "whole", 262144)
    case(4, "ring", 12288)
    case_links()
tap.finish()
