#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The hooks for malloc() with the real C libraries: newlib and newlib-nano on QEMU's Cortex-M3, picolibc on its RV32.

work.c does random work and says at each mark what it holds, and what the allocator's own structures say (walk_*.c). The trace's
map at that mark must be the latter, and each block that the program holds must be in it.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_c_firmware
import hs_cores
import hs_test

tap = hs_test.Tap()
FOLDER = os.path.join(hs_test.BUILD, "c-heap-tests")
WORK = "tests/c-heap/work.c tests/c-heap/walk_%s.c " + hs_c_firmware.SAID
GRANULE = {"newlib": 8, "newlib-nano": 4, "picolibc": 8}
FRONT = {"newlib": 4, "newlib-nano": 12, "picolibc": 4}  # the most bytes from a block's start to the address that malloc() returned
MACHINE = {"newlib": hs_cores.MPS2, "newlib-nano": hs_cores.MPS2, "picolibc": hs_cores.VIRT}
CORE = {"newlib": "cortex-m3", "newlib-nano": "cortex-m3", "picolibc": "rv32imc"}


def build(libc, name, program, *settings, cflags="", everywhere=""):
    """Returns (the program, what make printed). `cflags`: for the program and the port; `everywhere`: for all of a build of its own."""
    out = os.path.join(FOLDER, libc + ("-" + name if everywhere else ""))
    shutil.rmtree(os.path.join(out, name), ignore_errors=True)
    return hs_c_firmware.build(out, name, libc, program, "PROGRAM_CFLAGS=" + cflags, "MORE_CFLAGS=" + everywhere, *settings)


def run(libc, elf, *options):
    """What it printed; its files are in the scratch folder."""
    return hs_test.run(MACHINE[libc].command(elf, *options), cwd=hs_test.scratch(), timeout=600, merge=True)


def fronts(libc):
    return range(4, FRONT[libc] + 1, 4)


def compare(name, libc, trace, said, numbers):
    hs_c_firmware.compare(tap, name, trace, said, numbers, fronts(libc))


def flags(steps, seed, ring, save, more=""):
    return "-DSTEPS=%d -DSEED=%d -DHS_RING_SIZE=%d -DSAVE_AS='\"%s\"' %s" % (steps, seed, ring, save, more)


def case_work(libc):
    """Whole traces, and a ring that has gone round."""
    program = WORK % ("newlib" if libc == "newlib" else "nano")
    for name, steps, ring in (("whole", 3000, 262144), ("ring", 20000, 12288)):
        title = "%s, %s" % (libc, name)
        save = "%s-%s.bin" % (libc, name)
        elf, text = build(libc, save[:-4], program, cflags=flags(steps, 7, ring, save))
        if not tap.check("%s: builds without a warning" % title, elf and not text, text[-3000:]):
            continue
        done = run(libc, elf)
        out, trace = done.out.decode(errors="replace"), os.path.join(hs_test.scratch(), save)
        said = hs_c_firmware.spoken(done.out)
        tap.check("%s: the program runs, and the hook sees what is allocated" % title, done.status == 0 and len(said) == 10, (done.status, out[-300:]))
        hs_c_firmware.check_marks(tap, title, trace, said, fronts(libc), name == "whole")
        stat = hs_test.cli_json("stat", trace)[1] or {}
        blocks = said[10][0] if 10 in said else {}
        tap.check("%s: bytes and blocks at the end, nothing lost" % title,
                  (stat.get("used_bytes"), stat.get("blocks"), stat.get("lost")) == (sum(blocks.values()), len(blocks), 0), stat)
        if name == "whole":
            case_reports(title, libc, elf, trace, out)


def case_reports(title, libc, elf, trace, out):
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    sizes = {f["asked_bytes"] for f in failures}
    tap.check("%s: refused requests, with what was asked for" % title, failures and all(0x400000 <= n < 0x400064 for n in sizes), failures[:2])
    done = hs_test.cli("report", "--elf", elf, trace)
    tap.check("%s: callers by name, and this is the build's file" % title, done.status in (0, 1) and b"step" in done.out and b"another build" not in done.err,
              done.err + done.out[:2000])
    lines = os.path.join(hs_test.scratch(), "lines.txt")
    with open(lines, "w", encoding="ascii") as f:
        f.write(out)
    done = hs_test.cli("import", lines, "-o", lines + ".hst")
    one, other = (hs_test.cli("stat", "--json", path).out for path in (trace, lines + ".hst"))
    tap.check("%s: the lines of the console are the same trace" % title, done.status == 0 and re.findall(rb'"events": ?\d+', one) == re.findall(rb'"events": ?\d+', other)
              and b"events" in one, done.err)
    dump = hs_test.cli("dump", trace).out.decode()
    kinds = {kind: len(re.findall(r"\b%s\b" % kind, dump)) for kind in ("ALLOC", "FREE", "REALLOC", "FAIL")}
    tap.check("%s: records of all kinds" % title, all(kinds.values()), kinds)


def case_links(libc, all_of_them):
    """No wrap can be left out without an error."""
    program, cflags = WORK % ("newlib" if libc == "newlib" else "nano"), flags(10, 1, 16384, "x.bin")
    wraps = hs_c_firmware.wraps(libc)
    passed = []
    for left_out in [*(wraps if all_of_them else [wraps[0], wraps[-1]]), None]:
        names = [] if left_out is None else [w for w in wraps if w != left_out]
        elf, text = hs_c_firmware.build(os.path.join(FOLDER, libc), "links", libc, program, "PROGRAM_CFLAGS=" + cflags, hs_c_firmware.given(names))
        if elf or "__real_" + (left_out or "malloc") not in text:
            passed.append((left_out, text[-300:]))
    tap.check("%s: a link that lacks a wrap fails, and names it" % libc, len(wraps) > 5 and not passed, passed[:2])


def case_interrupts():
    """An interrupt that allocates, in a ring that goes round."""
    elf, text = build("newlib-nano", "interrupts", WORK % "nano" + " tests/c-heap/interrupts.c", cflags=flags(6000, 3, 24576, "interrupts.bin"))
    if not tap.check("interrupts: builds without a warning", elf and not text, text[-3000:]):
        return
    done = run("newlib-nano", elf, "-icount", "shift=5")
    out, trace = done.out.decode(errors="replace"), os.path.join(hs_test.scratch(), "interrupts.bin")
    said, ticks = hs_c_firmware.spoken(done.out), re.search(r"^ticks ([0-9a-f]{8})", out, re.M)
    tap.check("interrupts: the program runs, and the interrupt allocated", done.status == 0 and len(said) == 10 and ticks and int(ticks.group(1), 16) > 100,
              (done.status, out[-300:]))
    compare("interrupts", "newlib-nano", trace, said, hs_c_firmware.marks(trace)[-2:])
    done = hs_test.cli("report", "--elf", elf, trace)
    tap.check("interrupts: the interrupt is a caller", b"tick" in done.out, done.out[:2000])


def case_objects():
    elf, text = build("newlib-nano", "objects", WORK % "nano" + " tests/c-heap/objects.cc", "MORE_HOOKS=cxx", "LINK_WITH=gcc", cflags=flags(1000, 5, 65536, "objects.bin"))
    if not tap.check("C++: builds without a warning", elf and not text, text[-3000:]):
        return
    done = run("newlib-nano", elf)
    trace, said = os.path.join(hs_test.scratch(), "objects.bin"), hs_c_firmware.spoken(done.out)
    tap.check("C++: the program runs", done.status == 0 and len(said) == 10, (done.status, done.out[-300:]))
    compare("C++", "newlib-nano", trace, said, list(said))
    done = hs_test.cli("report", "--elf", elf, trace)
    tap.check("C++: who wrote new is the caller, not the operator", b"make_one" in done.out and b"make_many" in done.out and b"operator" not in done.out,
              done.out[:3000])


def case_pico():
    """The Pico SDK's own malloc.c above newlib, with the names that pico-sdk.cmake gives it, and with mutexes that check their use."""
    source = os.path.join(hs_test.MP_SRC, "lib", "pico-sdk", "src", "rp2_common", "pico_malloc", "malloc.c")
    if not os.path.exists(source):
        tap.skip("Pico SDK: maps and the panic", "no pico-sdk in MicroPython's sources")
        return
    names = " ".join("-D__wrap_%s=hs_pico_%s" % (name, name) for name in ("malloc", "calloc", "realloc", "free"))
    elf, text = build("newlib", "pico", " ".join([WORK % "newlib", "tests/c-heap/pico/panic.c", source]), "MORE_LDFLAGS=-Wl,--defsym=__StackLimit=stack_top",
                      cflags=flags(3000, 9, 131072, "pico.bin", names + " -DREFUSED_OF=0x400000 -Wno-missing-prototypes -Wno-undef"),
                      everywhere="-Itests/c-heap/pico -DHS_C_HEAP_OUTER='\"firmware-hooks/pico-sdk/pico_malloc.h\"'")
    if not tap.check("Pico SDK: builds without a warning", elf and not text, text[-3000:]):
        return
    done = run("newlib", elf)
    trace, said = os.path.join(hs_test.scratch(), "pico.bin"), hs_c_firmware.spoken(done.out)
    tap.check("Pico SDK: the program runs up to the SDK's panic", done.status == 5 and len(said) == 10, (done.status, done.out[-300:]))
    compare("Pico SDK", "newlib", trace, said, list(said))
    failures = hs_test.cli_json("report", trace)[1]["failures"]
    tap.check("Pico SDK: the request that made it panic is in the trace", [f["asked_bytes"] for f in failures] == [0x400000 + 33], failures)
    out = hs_test.cli("report", "--elf", elf, trace).out
    tap.check("Pico SDK: callers are the program's functions", b"step" in out and b"hs_pico" not in out, out[:2000])


def case_settings():
    """What is refused, and other levels."""
    elf, text = build("newlib", "in-heap", WORK % "newlib", cflags=flags(1000, 5, 16384, "x.bin", "-DHS_RING_ADDR=0x20080000"))
    done = run("newlib", elf) if elf else None
    tap.check("a ring inside the heap is refused at start", done and done.status == 1, text or (done.status, done.out[-300:]))
    elf, text = build("newlib-nano", "lto", WORK % "nano", cflags=flags(1000, 5, 65536, "lto.bin"), everywhere="-flto")
    done = run("newlib-nano", elf) if elf else None
    said = hs_c_firmware.spoken(done.out) if done else {}
    if tap.check("with link-time optimisation it records, or says that it does not", done and done.status in (0, 1), text) and done.status == 0:
        compare("LTO", "newlib-nano", os.path.join(hs_test.scratch(), "lto.bin"), said, list(said))
    elf, text = build("picolibc", "summary", WORK % "nano", cflags=flags(1000, 5, 65536, "summary.bin"), everywhere="-DHS_START_LEVEL=3")
    done = run("picolibc", elf) if elf else None
    trace = os.path.join(hs_test.scratch(), "summary.bin")
    summaries = [line for line in hs_test.cli("dump", trace).out.decode().splitlines() if " SUMMARY " in line] if done else []
    blocks = hs_c_firmware.spoken(done.out).get(10, ({}, []))[0] if done else {}
    used = re.search(r" used=(\d+)", summaries[-1]) if summaries else None
    tap.check("level summary: granules in use are the allocator's", used and int(used.group(1)) == sum(blocks.values()) // GRANULE["picolibc"],
              summaries[-1:] or text)


def case_example():
    """examples/c-firmware by make and by CMake: the leak of its program."""
    elves = [build("newlib-nano", "example", "examples/c-firmware/main.c")]
    folder = os.path.join(FOLDER, "example-cmake")
    shutil.rmtree(folder, ignore_errors=True)
    given = ["-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_C_COMPILER=arm-none-eabi-gcc", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY"]
    done = hs_test.run(["cmake", "-S", "examples/c-firmware", "-B", folder, *given], cwd=hs_test.ROOT, env=hs_c_firmware.ALONE, timeout=600, merge=True)
    done = hs_test.run(["cmake", "--build", folder], cwd=hs_test.ROOT, env=hs_c_firmware.ALONE, timeout=600, merge=True) if done.status == 0 else done
    elves.append((os.path.join(folder, "firmware.elf") if done.status == 0 else None, done.out.decode(errors="replace")))
    for name, (elf, text) in zip(("make", "CMake"), elves):
        done = run("newlib-nano", elf) if elf else None
        if not tap.check("example by %s: builds and runs" % name, done and done.status == 0, text[-3000:]):
            continue
        trace = os.path.join(hs_test.scratch(), "firmware.hst")
        out = hs_test.cli("leaks", "--elf", elf, trace).out.decode()
        tap.check("example by %s: the leak, by the function that allocates" % name, re.search(r"17,710 +571 .* read_message$", out, re.M), out)


def all_cases():
    for library in GRANULE:
        case_work(library)
        case_links(library, library == "newlib-nano")
    case_interrupts()
    case_objects()
    case_pico()
    case_settings()
    case_example()


ABSENT = [why for why in (hs_cores.CORES[name].missing() for name in sorted(set(CORE.values()))) if why]
if ABSENT:
    tap.skip("the C libraries on QEMU", ABSENT[0])
else:
    all_cases()
tap.finish()
