#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Settings of a firmware's build, by make and by cmake: on make's command line, in the environment, as -D. Each reaches the
compiler; one that does not exist, has no effect or is no longer what the folder was configured with is an error.

MicroPython's own makefiles are used for make; a few lines stand in for its cmake ports (tests/rp2 builds a real one).
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

tap = hs_test.Tap()
HOOKS = os.path.join(hs_test.ROOT, "firmware-hooks")
SCRATCH = hs_test.scratch()


def text(done):
    """What a tool printed, its line breaks undone."""
    return " ".join((done.out + done.err).decode(errors="replace").split())


# ---- make ----

def make(port, *settings, env=None, name="make"):
    """What `make` would do for one of our files; nothing is built."""
    folder = hs_test.mp_folder(port, os.path.join(SCRATCH, name))
    target = os.path.join(folder, "firmware-hooks", "micropython", "mp_alloc.o")
    done = hs_test.run(["make", "-n", "V=1", "-C", os.path.join(hs_test.MP_SRC, "ports", port), "BUILD=" + folder, "USER_C_MODULES=" + HOOKS,
                        "FROZEN_MANIFEST=", *settings, target], env={"MAKEFLAGS": "", **(env or {})})
    return done.status, text(done)


def by_make():
    status, out = make("qemu", "HEAPSTRATA_RING_SIZE=2048", "HEAPSTRATA_CFLAGS=-DHS_SITES=64", "BOARD=NETDUINO2")
    tap.check("make: settings reach the compiler", status == 0 and "-DHS_RING_SIZE=2048" in out and "-DHS_SITES=64" in out, out[-1500:])
    status, out = make("qemu", "BOARD=NETDUINO2", env={"HEAPSTRATA_RING_SIZE": "4096"})
    tap.check("make: out of the environment too", status == 0 and "-DHS_RING_SIZE=4096" in out, out[-1500:])
    status, out = make("qemu", "HEAPSTRATA_WITHOUT=levels phases")
    tap.check("make: parts are left out", status == 0 and "-DHS_WITH_LEVELS=0 -DHS_WITH_PHASES=0 " in out and "REFERENCES=0" not in out, out[-1500:])
    for port, setting, words in (("qemu", "HEAPSTRATA_RINGSIZE=2048", "there is no setting HEAPSTRATA_RINGSIZE"),
                                 ("qemu", "HEAPSTRATA_LWIP=yes", "HEAPSTRATA_LWIP=yes: 1 or 0"),
                                 ("unix", "HEAPSTRATA_RING_SIZE=2048", "a process has its ring in a file"),
                                 ("unix", "HEAPSTRATA_STACKS=1", "there is no setting HEAPSTRATA_STACKS"),
                                 ("qemu", "HEAPSTRATA_WITHOUT=levels sites", "HEAPSTRATA_WITHOUT=sites: there is no such part"),
                                 ("qemu", "HEAPSTRATA_PORT=none", "no port file")):
        status, out = make(port, setting)
        tap.check("make %s: %s" % (setting, words), status != 0 and words in out, out[-1500:])
    status, out = make("unix")
    tap.check("make: alone the interpreter's heap has its places by rule", status == 0 and "-DHS_EXPLICIT=0" in out, out[-1500:])
    status, out = make("unix", "HEAPSTRATA_HEAPS=example")
    tap.check("make: beside another heap places are explicit", status == 0 and "-DHS_EXPLICIT=1" in out, out[-1500:])
    status, out = make("unix", "HEAPSTRATA_HEAPS=example nowhere")
    tap.check("make: a heap for which there is no folder is an error", status != 0 and "HEAPSTRATA_HEAPS=nowhere: no such folder" in out, out[-1500:])
    status, out = make("unix", env={"HEAPSTRATA_STACKS": "1", "HEAPSTRATA_OUT": "x.hst"})
    tap.check("make: what a program heeds may stand in the environment", status == 0, out[-1500:])


ESP = ["esp_asked", "esp_asked_os", "esp_hooks", "esp_regions", "esp_tasks", "esp_tracking", "esp_walk"]


def heap_caps():
    """ESP-IDF's heap beside the interpreter's: both kinds of build compile the same files of it."""
    done = hs_test.run(["make", "-npq", "-C", os.path.join(hs_test.MP_SRC, "ports", "unix"), "BUILD=" + os.path.join(SCRATCH, "caps"),
                        "USER_C_MODULES=" + HOOKS, "FROZEN_MANIFEST=", "HEAPSTRATA_HEAP_CAPS=1"], env={"MAKEFLAGS": ""})
    lines = [line for line in done.out.decode(errors="replace").splitlines() if line.startswith("HEAPSTRATA_HOOK_SRC :=")]
    tap.check("make: ESP-IDF's heap has all its files", lines and ESP == sorted(re.findall(r"esp-idf/(\w+)\.c", lines[0])), lines)
    if shutil.which("cmake"):
        status, out = cmake("-DHEAPSTRATA_HEAP_CAPS=1")
        tap.check("cmake: the same files", status == 0 and ESP == sorted(set(re.findall(r"esp-idf/(\w+)\.c", out))), out[-1500:])


def tracked():
    """Other settings than last time make our files anew."""
    folder = os.path.join(SCRATCH, "make")
    state = os.path.join(folder, "heapstrata.settings")
    make("qemu", "HEAPSTRATA_RING_SIZE=2048", "BOARD=NETDUINO2")
    before = os.stat(state).st_mtime_ns
    make("qemu", "HEAPSTRATA_RING_SIZE=2048", "BOARD=NETDUINO2")
    same = os.stat(state).st_mtime_ns
    make("qemu", "HEAPSTRATA_RING_SIZE=1024", "BOARD=NETDUINO2")
    tap.check("make: a file that ours depend on changes with the settings, and only then",
              before == same != os.stat(state).st_mtime_ns, (before, same))


def joined():
    """A folder that was built without the module: the names of strings in our files are looked for although they are older."""
    strings = os.path.join(SCRATCH, "joined", "genhdr", "qstr.i.last")
    there = []
    for _ in range(2):
        os.makedirs(os.path.dirname(strings), exist_ok=True)
        with open(strings, "w"):
            pass
        make("qemu", "BOARD=NETDUINO2", name="joined")
        there.append(os.path.exists(strings))
    tap.check("make: MicroPython's list of strings is made anew when the module joins, and only then", there == [False, True], there)


def unused():
    """What a firmware does not use of our files, such as the decoder, is dropped, also where the port leaves that to link-time
    optimisation, which our files have no part in."""
    done = hs_test.run(["make", "-s", "-C", os.path.join(hs_test.MP_SRC, "ports", "nrf"), "BOARD=MICROBIT", "LTO=1", "USER_C_MODULES=" + HOOKS,
                        "FROZEN_MANIFEST=", "BUILD=" + hs_test.mp_folder("nrf", os.path.join(SCRATCH, "nrf")), "--eval",
                        "shown: ; @echo LINK $(LDFLAGS)", "shown"], env={"MAKEFLAGS": ""})
    tap.check("make nrf: the linker drops sections that are not used", done.status == 0 and b"--gc-sections" in done.out, text(done)[-1500:])
    status, out = make("qemu", "BOARD=NETDUINO2", "CFLAGS_EXTRA=-fno-function-sections -fno-data-sections", name="unused")
    command = out.rpartition("arm-none-eabi-gcc")[2]
    tap.check("make: our files have a section for each function, whatever the port wants",
              status == 0 and command.rfind(" -ffunction-sections") > command.rfind("-fno-function-sections") >= 0, command[-1500:])


# ---- cmake ----

def cmake(*settings, env=None, port="rp2", fresh=True, name="cmake"):
    folder = os.path.join(SCRATCH, name)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    done = hs_test.run(["cmake", "-S", os.path.join(HERE, "cmake"), "-B", folder, "-DHOOKS=" + HOOKS, "-DMICROPY_PORT_DIR=/ports/" + port,
                        *settings], env=env)
    return done.status, text(done)


def by_cmake():
    status, out = cmake("-DHEAPSTRATA_RING_SIZE=2048", "-DHEAPSTRATA_CFLAGS=-DHS_SITES=64 -DHS_START_LEVEL=2")
    tap.check("cmake -D: settings reach the compiler",
              status == 0 and "HS_RING_SIZE=2048" in out and "-DHS_SITES=64;-DHS_START_LEVEL=2" in out, out[-1500:])
    given = {"HEAPSTRATA_RING_SIZE": "4096", "HEAPSTRATA_RING_ADDR": "0x20000000", "HEAPSTRATA_CFLAGS": "-DHS_SITES=128"}
    status, out = cmake(env=given)
    tap.check("cmake: out of the environment, where make puts what stands on its command line",
              status == 0 and all(x in out for x in ("HS_RING_SIZE=4096", "HS_RING_ADDR=0x20000000", "-DHS_SITES=128")), out[-1500:])
    status, out = cmake("-DHEAPSTRATA_WITHOUT=levels track")
    tap.check("cmake: parts are left out", status == 0 and "HS_WITH_LEVELS=0" in out and "HS_WITH_TRACK=0" in out and "PHASES=0" not in out, out[-1500:])
    for setting, port, words in (("HEAPSTRATA_RINGSIZE=1", "rp2", "there is no setting HEAPSTRATA_RINGSIZE"),
                                 ("HEAPSTRATA_LWIP=on", "rp2", "HEAPSTRATA_LWIP=on: 1 or 0"),
                                 ("HEAPSTRATA_RING_ADDR=0x3fc00000", "esp32", "has no effect on esp32"),
                                 ("HEAPSTRATA_WITHOUT=sites", "rp2", "there is no such part"),
                                 ("HEAPSTRATA_PORT=none", "rp2", "no port file")):
        for how, (status, out) in (("-D", cmake("-D" + setting, port=port)), ("environment", cmake(env=dict([setting.split("=")]), port=port))):
            tap.check("cmake, %s %s: %s" % (how, setting, words), status != 0 and words in out, out[-1500:])


def other_heaps():
    """Hooks of other heaps, by their folders."""
    for setting in ("HEAPSTRATA_HEAPS=example", "HEAPSTRATA_LWIP=1", "HEAPSTRATA_HEAP_CAPS=1"):
        status, out = cmake("-D" + setting)
        tap.check("cmake %s: places are explicit" % setting, status == 0 and "HS_EXPLICIT=1" in out and "HS_EXPLICIT=0" not in out, out[-1500:])
    status, out = cmake("-DHEAPSTRATA_HEAPS=example")
    tap.check("cmake: the heap's sources, and its wraps", "example/example_hook.c" in out and "--wrap=ff_malloc" in out, out[-1500:])
    status, out = cmake()
    tap.check("cmake: alone they are not", status == 0 and "HS_EXPLICIT=0" in out and "example" not in out, out[-1500:])
    status, out = cmake("-DHEAPSTRATA_HEAPS=nowhere")
    tap.check("cmake: a heap for which there is no folder is an error", status != 0 and "HEAPSTRATA_HEAPS=nowhere: no such folder" in out, out[-1500:])


HOOKS_PROJECT = """cmake_minimum_required(VERSION 3.13)
project(hooks C)
set(HS_HOOKS example lwip)
include(%s/hooks.cmake)
"""


def watched():
    """cmake runs again when a list of wraps changes."""
    def lists(folder):
        with open(os.path.join(folder, "CMakeFiles", "Makefile.cmake")) as f:
            return set(re.findall(r"firmware-hooks/([\w-]+)/wraps.txt", f.read()))

    cmake("-DHEAPSTRATA_HEAPS=example", "-DHEAPSTRATA_LWIP=1", "-DHEAPSTRATA_HEAP_CAPS=1", "-GUnix Makefiles")
    seen = lists(os.path.join(SCRATCH, "cmake"))
    tap.check("cmake: micropython.cmake depends on the lists of wraps", seen == {"micropython", "example", "lwip", "esp-idf"}, seen)
    folder = os.path.join(SCRATCH, "hooks")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "CMakeLists.txt"), "w") as f:
        f.write(HOOKS_PROJECT % HOOKS)
    done = hs_test.run(["cmake", "-GUnix Makefiles", "-S", folder, "-B", folder + "/build"])
    seen = lists(folder + "/build") if done.status == 0 else text(done)
    tap.check("cmake: hooks.cmake depends on the lists of wraps", seen == {"example", "lwip"}, seen)


def dropped():
    """cmake runs once for a folder: what is set later would have no effect."""
    given = {"HEAPSTRATA_RING_SIZE": "4096"}
    build = ["cmake", "--build", os.path.join(SCRATCH, "cmake")]
    cmake(env=given)
    same, other, none = (hs_test.run(build, env=env) for env in (given, {"HEAPSTRATA_RING_SIZE": "8192"}, {}))
    tap.check("cmake: a folder that was configured with these settings builds", same.status == 0, text(same)[-800:])
    tap.check("cmake: with others it says so", other.status != 0 and "HEAPSTRATA_RING_SIZE=8192" in text(other) and
              "make clean" in text(other), text(other)[-800:])
    tap.check("cmake: without them as well", none.status != 0, text(none)[-800:])


# ---- what does not compile ----

def small_ring():
    for port in ("cortexm", "cortexa", "riscv"):
        for size in (1023, 512, 2044):
            done = hs_test.run(["gcc", "-std=gnu11", "-fsyntax-only", "-I" + hs_test.ROOT, "-DHS_RING_SIZE=%d" % size, "-DHS_TICKS()=0",
                                "-DHS_TICKS_HZ=1", '-DHS_PORT_HEADER="%s/ports/port_%s.h"' % (HOOKS, port),
                                os.path.join(HOOKS, "ports", "port_%s.c" % port)])
            tap.check("port_%s.c: a ring of %d bytes does not compile" % (port, size), done.status != 0 and "HS_RING_SIZE" in text(done),
                      text(done)[:800])
    done = hs_test.run(["gcc", "-std=gnu11", "-fsyntax-only", "-I" + hs_test.ROOT, '-DHS_PORT_HEADER="%s/ports/port_cortexm.h"' % HOOKS,
                        os.path.join(HOOKS, "ports", "port_cortexm.c")])
    tap.check("port_cortexm.c: a firmware without a clock does not compile", "no clock" in text(done), text(done)[:800])


if shutil.which("cmake"):
    by_cmake()
    other_heaps()
    watched()
    dropped()
else:
    tap.skip("cmake", "there is no cmake")
by_make()
heap_caps()
tracked()
joined()
unused()
small_ring()
tap.finish()
