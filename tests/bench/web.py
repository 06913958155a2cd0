# SPDX-License-Identifier: MIT
"""Real lwIP, the web server with mDNS of examples/lwip-timeouts, as two kinds of firmware have it: with pools and a heap of its
own, and as in ESP-IDF, where all its memory comes from malloc(). ESP-IDF itself is the tests' stand-in, under the component."""
import glob
import os
import subprocess

import common
import hs_cores

LWIP = os.environ.get("HS_LWIP_SRC") or os.path.join(common.BUILD, "lwip", "src")
SECONDS, SEED, QUERIES = "900", "2", "20"
EXAMPLE = "examples/lwip-timeouts/"
STANDIN = ["tests/esp-idf/" + name for name in ("standin_base.c", "standin_multi.c", "standin_caps.c", "standin_newlib.c", "system.c")]
# The program's own C library keeps its malloc(); lwIP's calls are those that a firmware's linker sends to the component.
BY_MALLOC = ["-DMEM_LIBC_MALLOC=1", "-DMEMP_MEM_MALLOC=1", *("-D%s=__wrap_%s" % (f, f) for f in ("malloc", "calloc", "free"))]
NEWLIB = ("malloc", "calloc", "realloc", "free", "memalign")


def lwip(folder, version):
    """The trace of lwIP's pools and heap."""
    out, trace = os.path.join(folder, "lwip" + version), os.path.join(folder, "lwip%s.hst" % version)
    common.output("make", "-s", "-f", EXAMPLE + "lwip.mk", "SRC=" + LWIP, "OUT=" + out, "TIMEOUTS=16", "MAIN=tests/bench/web_lwip.c %snetwork.c" % EXAMPLE,
                  "LWIP_FLAGS=-DHS_LEARN=%d" % (version == "3"), cwd=common.ROOT, env=dict(os.environ, MAKEFLAGS=""))
    common.output(os.path.join(out, "web_lwip-16"), SECONDS, SEED, QUERIES, env=dict(os.environ, HEAPSTRATA_OUT=trace))
    return trace


def sources_of_lwip():
    folder = os.path.join(LWIP, "src")
    return [*glob.glob(folder + "/core/*.c"), *glob.glob(folder + "/core/ipv4/*.c"), *glob.glob(folder + "/apps/mdns/*.c"),
            *(folder + name for name in ("/netif/ethernet.c", "/apps/http/fs.c", "/apps/http/httpd.c"))]


def sources_of_component():
    hooks = os.path.join(common.ROOT, "firmware-hooks")
    return [c for c in glob.glob(hooks + "/esp-idf/*.c") + glob.glob(hooks + "/startup/*.c") if not c.endswith("esp_asked_more.c")]


def wraps():
    with open(os.path.join(common.ROOT, "firmware-hooks", "esp-idf", "wraps.txt")) as f:
        return [line.split()[1] for line in f if line.startswith(("both", "wraps"))]


def compiled(folder, sources, *flags):
    """Object files, in a new folder."""
    os.makedirs(folder)
    includes = ["-I" + os.path.join(common.ROOT, f) for f in ("", "tests/esp-idf/include", EXAMPLE)] + ["-I%s/src/include" % LWIP]
    common.output("gcc", "-m32", "-std=gnu11", "-O2", "-g", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-ffunction-sections",
                  "-D_GNU_SOURCE", *includes, "-DMEMP_NUM_SYS_TIMEOUT=16", *flags, "-c", *(os.path.join(common.ROOT, s) for s in sources), cwd=folder)
    return glob.glob(folder + "/*.o")


def esp_idf(folder, version):
    """The trace of ESP-IDF's heap. 32 bit, as a board's pointers are."""
    out, trace = os.path.join(folder, "esp" + version), os.path.join(folder, "esp%s.hst" % version)
    objects = compiled(out + "-lwip", sources_of_lwip() + [EXAMPLE + "network.c"], *BY_MALLOC)
    objects += compiled(out + "-ours", ["tests/bench/web_esp.c"] + STANDIN + sources_of_component() + hs_cores.LIB,
                        '-DHS_PORT_HEADER="firmware-hooks/ports/port_esp_idf.h"', "-DHS_ESP_STACK_REACH=UINTPTR_MAX", "-DCONFIG_HEAPSTRATA_WRAPS=1",
                        "-DHS_STREAM=1", "-DHS_EXPLICIT=1", "-DHS_EVENTS_LOCKED=1", "-DHS_LEARN=%d" % (version == "3"))
    common.output("gcc", "-m32", "-pthread", "-o", out, "-Wl,--gc-sections", *objects, *("-Wl,--wrap=" + n for n in wraps() if n not in NEWLIB),
                  *("-Wl,--defsym=__real_%s=idf_%s" % (n, n) for n in NEWLIB))
    common.output(out, trace, SECONDS, SEED, QUERIES)
    return trace
