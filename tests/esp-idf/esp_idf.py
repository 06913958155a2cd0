# SPDX-License-Identifier: MIT
"""The component of firmware-hooks/esp-idf.

1. Compiles without a warning against tests/esp-idf/include, for this computer, RV32IMC and Xtensa lx106, in every method
   and with every memory for the ring.
2. Its CMakeLists.txt asks ESP-IDF for what there is: run with stand-ins for ESP-IDF's CMake functions.
3. Beside MicroPython: its 32-bit unix port, whose heap grows out of the stand-in as the esp32 port's does out of heap_caps.
4. Runs on the stand-in (32 bit, as a board's pointers are), by both methods; verify.c holds the trace against the truth.
5. Runs on the bare stand-in, RV32 in QEMU (bare.py): no thread pointer before the first task, interrupts that allocate, heaps that
   come later, flash that is not there while its cache is off.

    HS_ESP_OPERATIONS=N   of the two cores that use the same addresses (default 400000, in full 10000000)
"""
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("tools", "oracle", "esp-idf"):
    sys.path.insert(0, os.path.join(HERE, "..", folder))
import bare  # noqa: E402
import hs_cores  # noqa: E402
import hs_test  # noqa: E402
import meminfo  # noqa: E402

tap = hs_test.Tap()
HOOKS = os.path.join(hs_test.ROOT, "firmware-hooks", "esp-idf")
COMPONENT = sorted(glob.glob(HOOKS + "/*.c")) + sorted(glob.glob(os.path.join(hs_test.ROOT, "firmware-hooks", "startup", "*.c")))
PORT = os.path.join(hs_test.ROOT, "firmware-hooks", "ports", "port_esp_idf.c")
LIB = [os.path.join(hs_test.ROOT, path) for path in hs_cores.LIB]
COMPONENT_FOLDER = os.path.join(HOOKS, "heapstrata")
METHODS = {"WRAPS": [], "HOOKS": ["-DCONFIG_HEAP_USE_HOOKS=1"]}
NEWLIB = ("malloc", "calloc", "realloc", "free", "memalign")
# What ESP-IDF's own heap tracing wraps (components/heap/CMakeLists.txt, 5.1 to 6.1).
TRACING = ("heap_caps_realloc_base", "heap_caps_malloc_base", "heap_caps_aligned_alloc_base", "heap_caps_free")
OLD = "-DESP_IDF_VERSION=0x050100"  # has no heap_caps_walk, and init functions without a stage
TRACKED = "-DCONFIG_HEAP_TASK_TRACKING=1"  # as ESP-IDF 5.5 has it
NEW = "-DESP_IDF_VERSION=0x060000"  # with memory protection, as it is configured by default
MORE = os.path.join(HOOKS, "esp_asked_more.c")
HEADER = '-DHS_PORT_HEADER="firmware-hooks/ports/port_esp_idf.h"'
INCLUDES = ["-I" + hs_test.ROOT, "-I" + os.path.join(HERE, "include")]


def out_of(name):
    return os.path.join(hs_test.scratch(), name)


def wraps(method, *more):
    with open(os.path.join(HOOKS, "wraps.txt")) as f:
        rows = [line.split() for line in f if line.strip() and line[0] != "#"]
    return [name for kind, name in rows if kind == "both" or kind.upper() == method or kind in more]


# ---- 1: compilers ----

def needs_no_cache_header():
    """MicroPython's esp32 port does not ask for the component that has it."""
    for ring in (1, 2, 3):
        done = subprocess.run(["gcc", "-m32", "-M", *INCLUDES, HEADER, "-DHS_RING_IN=%d" % ring, PORT], stdout=subprocess.PIPE, text=True)
        tap.check("port, ring %d: esp_cache.h is included for PSRAM only" % ring, done.returncode == 0 and ("esp_cache.h" in done.stdout) == (ring == 3))


def compilers():
    cores = [("this computer", ["gcc"])] + [(c.title, [c.cross + "gcc", *c.flags]) for c in hs_cores.CORES.values()
                                            if c.name in ("rv32imc", "lx106")]
    for title, command in cores:
        for method in METHODS:
            for ring, setting in ((1, "RAM"), (2, "RTC"), (3, "PSRAM")):
                flags = [*command, "-std=gnu11", "-Os", *hs_cores.WARNINGS, *INCLUDES, HEADER, "-DHS_STREAM=0", "-DHS_RING_IN=%d" % ring,
                         "-DCONFIG_HEAPSTRATA_%s=1" % method, "-DCONFIG_HEAPSTRATA_RING_IN_%s=1" % setting, "-Wno-undef"]
                errors = ""
                for version in ([], [OLD], [NEW], *([[TRACKED]] if method == "WRAPS" else [])) if ring == 1 else ([],):
                    for source in COMPONENT + [PORT]:
                        done = subprocess.run(flags + version + ["-c", "-o", out_of("x.o"), source], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                              text=True)
                        errors += done.stdout if done.returncode or done.stdout else ""
                tap.check("compiles without a warning: %s, %s, ring in %s" % (title, method.lower(), setting), not errors, errors[:2000])


def refuses_hook_with_lists():
    """From 5.5 on task tracking takes a mutex and allocates in the heap, which the heap hook cannot follow."""
    for version, said in (("0x050400", False), ("0x050500", True), ("0x060000", True)):
        done = subprocess.run(["gcc", "-m32", "-fsyntax-only", *INCLUDES, HEADER, "-DHS_STREAM=0", *METHODS["HOOKS"], "-DCONFIG_HEAPSTRATA_HOOKS=1", TRACKED,
                               "-DESP_IDF_VERSION=" + version, os.path.join(HOOKS, "esp_hooks.c")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        tap.check("heap hook and task tracking, ESP-IDF %s: %s" % (version, "refused, with what to do" if said else "compiles"),
                  (done.returncode != 0 and "In menuconfig turn task tracking off, or" in done.stdout) if said else not done.returncode, done.stdout[:800])


# In flash, and called by what is in internal RAM, but only while the flash cache is on: lib/ and what walks the heaps.
CACHE_ON = {"catch_up", "tell_failure", "hs_esp_find_regions", "hs_level_gone", "hs_level_put", "hs_level_state", "hs_put_alloc", "hs_put_free",
            "hs_put_realloc", "hs_record"}
# Of ESP-IDF, which has them in internal RAM, in ROM or in a header.
OF_ESP_IDF = re.compile(r"__real_|portE(NTER|XIT)_CRITICAL|xPort|esp_ptr_in_|(spi_flash_cache_enabled|memset|memcpy)$")


def beside_micropython():
    """There IRAM_ATTR says what is in internal RAM, and lib/ is in flash."""
    core = hs_cores.CORES["rv32imc"]
    if core.missing():
        tap.skip("internal RAM beside MicroPython: %s" % core.missing())
        return
    size, called, fast, data = 0, set(), set(), set()
    for source in [c for c in COMPONENT if os.path.basename(c) not in ("esp_start.c", "esp_dump.c", "esp_asked_more.c")] + [PORT]:
        made = out_of("iram.o")
        done = core.compile(["-std=gnu11", "-Os", "-ffunction-sections", "-fno-section-anchors", "-I" + os.path.join(HERE, "include"),
                             HEADER, "-DHS_STREAM=0", "-DHS_MICROPYTHON=1", "-DCONFIG_HEAPSTRATA_WRAPS=1", "-DHS_WITH_HEAP_CAPS=1",
                             '-DIRAM_ATTR=__attribute__((section(".iram1")))', "-c", "-o", made],
                            [source])
        if not tap.check("beside MicroPython: %s compiles" % os.path.basename(source), done.returncode == 0, done.stdout[-800:]):
            continue
        found = re.search(r"^\.iram1 +(\d+)", core.tool("size", "-A", made), re.M)
        if not found:
            continue
        size += int(found.group(1))
        symbols = core.tool("objdump", "-t", made)
        fast |= set(re.findall(r" F \.iram1\s+\w+ (?:\.hidden )?(\w+)$", symbols, re.M))
        code = core.tool("objdump", "-dr", "-j", ".iram1", made)
        called |= set(re.findall(r"R_RISCV_(?:CALL|CALL_PLT|JAL|RVC_JUMP)\s+(\w+)", code))
        named = set(re.findall(r"R_RISCV_\w*HI20\s+([\w.$]+)", code))
        called |= named & set(re.findall(r" F \.text\S*\s+\w+ (?:\.hidden )?(\w+)$", symbols, re.M))
        data |= named & set(re.findall(r" \.s?rodata\S*\s+\w+ (?:\.hidden )?(\S+)$", symbols, re.M))
        data |= {name for name in named if name.startswith(".LC")}  # strings
    tap.note("code in internal RAM beside MicroPython: %d bytes" % size)
    tap.check("beside MicroPython: at most 16 KB of code in internal RAM at -Os", 2000 < size <= 16 << 10, size)
    called = {name for name in called - fast if not OF_ESP_IDF.match(name)}
    tap.check("beside MicroPython: of what is in flash, internal RAM calls only what waits for the cache", called == CACHE_ON,
              (called - CACHE_ON, CACHE_ON - called))
    in_ram = {"__wrap_" + name for name in ("malloc", "heap_caps_free", "pvPortMalloc", "vPortFree", "xQueueGenericCreate", "xQueueCreateMutex",
                                            "xQueueCreateCountingSemaphore", "xTaskCreate", "xTaskCreatePinnedToCore")}
    tap.check("beside MicroPython: what ESP-IDF has in internal RAM has its wrap there", in_ram <= fast, in_ram - fast)
    tap.check("beside MicroPython: internal RAM reads no constants in flash", not data, data)


# ---- 2: CMake ----

STAND_INS = r"""
macro(idf_component_register)
    message("REGISTER ${ARGN}")
endmacro()
macro(target_compile_definitions)
    message("DEFINE ${ARGN}")
endmacro()
macro(target_compile_options)
    message("OPTION ${ARGN}")
endmacro()
macro(target_link_libraries)
    message("LINK ${ARGN}")
endmacro()
set(COMPONENT_LIB __idf_heapstrata)
set(COMPONENT_NAME heapstrata)
set(CMAKE_CURRENT_BINARY_DIR "%(build)s")
set(CONFIG_HEAPSTRATA_RING_SIZE 16384)
set(CONFIG_HEAPSTRATA_FROM_BOOT y)
set(CONFIG_HEAPSTRATA_NAME_MORE %(more)s)
set(CONFIG_HEAP_TASK_TRACKING %(tracking)s)
set(IDF_VERSION_MAJOR 5)
set(IDF_VERSION_MINOR %(minor)d)
macro(target_include_directories)
    message("INCLUDE ${ARGN}")
endmacro()
macro(idf_component_get_property variable)
    set(${variable} "THE-HEAP")
endmacro()
set(CONFIG_HEAPSTRATA_%(method)s y)
set(CMAKE_CURRENT_LIST_DIR "%(hooks)s")
"""


def component_script(method, more, minor=5, tracking="n", folder=COMPONENT_FOLDER):
    with open(os.path.join(COMPONENT_FOLDER, "CMakeLists.txt")) as f:
        return STAND_INS % dict(build=hs_test.scratch(), method=method, hooks=folder, more=more, minor=minor, tracking=tracking) + f.read()


def component_by(*arguments):
    script = out_of("component.cmake")
    with open(script, "w") as f:
        f.write(component_script(*arguments))
    return subprocess.run(["cmake", "-P", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def configured_again():
    """A project in which a new function is to be wrapped: the next build has it, though no file of CMake's changed."""
    hooks, project = out_of("again/firmware-hooks/esp-idf"), out_of("again/project")
    os.makedirs(os.path.join(hooks, "heapstrata"))
    os.makedirs(project)
    for name in ("wraps.txt", "heapstrata/linker.lf.in"):
        shutil.copy(os.path.join(HOOKS, name), os.path.join(hooks, name))
    with open(os.path.join(project, "CMakeLists.txt"), "w") as f:
        f.write("cmake_minimum_required(VERSION 3.16)\nproject(again NONE)\n" + component_script("WRAPS", "n", folder=os.path.join(hooks, "heapstrata")))
    made = [subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for command in (["cmake", "-G", "Unix Makefiles", "-S", project, "-B", project + "/build"], ["cmake", "--build", project + "/build"])]
    with open(os.path.join(hooks, "wraps.txt"), "a") as f:
        f.write("both  a_function_of_tomorrow\n")
    os.utime(os.path.join(hooks, "wraps.txt"), (os.path.getmtime(project + "/build/Makefile") + 10,) * 2)
    made.append(subprocess.run(["cmake", "--build", project + "/build"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    tap.check("CMake: configures again when wraps.txt has changed, and only then", not any(m.returncode for m in made) and
              "REGISTER" in made[0].stdout and "REGISTER" not in made[1].stdout and "--wrap=a_function_of_tomorrow" in made[2].stdout,
              [m.stdout[-600:] for m in made])


def cmake():
    defined = set()
    for source in COMPONENT:
        with open(source) as f:
            text = f.read()
        defined |= set(re.findall(r"__wrap_(\w+)\(", text)) | set(re.findall(r"^WRAP(?:_IF_THERE)?\([^,]+, (\w+),", text, re.M))
    for method, more in [(m, more) for m in METHODS for more in ("n", "y")]:
        what = method.lower() + (", more" if more == "y" else "")
        done = component_by(method, more)
        linked = set(re.findall(r"--wrap=(\w+)", done.stdout))
        tap.check("CMake, %s: wraps what wraps.txt says" % what, done.returncode == 0 and
                  linked == set(wraps(method, *(["more"] if more == "y" else []))), done.stdout)
        tap.check("CMake, %s: each wrap is there" % what, linked <= defined, linked - defined)
        sources = re.search(r"SRCS;?(.*?);?INCLUDE_DIRS", done.stdout.replace(" ", ";"), re.S)
        named = [s for s in (sources.group(1) if sources else "").split(";") if s]
        tap.check("CMake, %s: every source is there, and the component's are all" % what, named and all(os.path.exists(s) for s in named) and
                  {os.path.basename(s) for s in named} >= {os.path.basename(c) for c in COMPONENT + LIB if more == "y" or c != MORE}, done.stdout)
        tap.check("CMake, %s: whole archive, no link-time optimisation" % what, "WHOLE_ARCHIVE" in done.stdout and "-fno-lto" in done.stdout, done.stdout)
        tap.check("CMake, %s: the hook is pulled in by name" % what, ("-u esp_heap_trace_alloc_hook" in done.stdout) == (method == "HOOKS"), done.stdout)
        tap.check("CMake, %s: beside ESP-IDF's own tracing no wrap is taken twice" % what, method == "WRAPS" or not linked & set(TRACING), linked)
    lists = {minor: set(re.findall(r"--wrap=(\w+)", component_by("WRAPS", "n", minor, "y").stdout)) for minor in (4, 5)}
    tap.check("CMake: with task tracking, from 5.5 on, its lists are wrapped too", lists[4] == set(wraps("WRAPS")) and
              lists[5] == set(wraps("WRAPS", "lists")) > lists[4], lists)
    tap.check("CMake: esp_mm is asked for where the ring is in PSRAM only", "esp_mm" not in component_by("WRAPS", "n").stdout)
    tap.check("CMake: the recorder has no code for placement rules, and takes the lock once", len(recorder_settings()) == 2, recorder_settings())
    tap.check("CMake: before 5.3 the heap's own headers are in reach", "THE-HEAP" in component_by("WRAPS", "n", 2).stdout and
              "THE-HEAP" not in component_by("WRAPS", "n", 3).stdout)
    folders = [os.path.dirname(path) for path in glob.glob(HOOKS + "/CMakeLists.txt") + glob.glob(HOOKS + "/*/CMakeLists.txt")]
    tap.check("the component's folder, which ESP-IDF names it by, is called heapstrata", [os.path.basename(f) for f in folders] == ["heapstrata"], folders)


def packed():
    """The component with all its sources in it, for the registry: it needs nothing of the repository around it."""
    folder = out_of("packed")
    made = subprocess.run([os.path.join(hs_test.ROOT, "scripts", "esp-component"), folder], cwd=hs_test.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    done = component_by("WRAPS", "y", 5, "n", folder)
    named = [s for s in re.sub(r".*SRCS;?(.*?);?INCLUDE_DIRS.*", r"\1", done.stdout.replace(" ", ";"), flags=re.S).split(";") if s]
    tap.check("packed: every source is in the component's folder", made.returncode == 0 and len(named) > 20 and
              all(s.startswith(folder + "/") and os.path.exists(s) for s in named), (made.stdout, done.stdout))
    ours = [f for f in named if "/lib/" in f or f.endswith(("esp_hooks.c", "esp_dump.c", "startup.c", "port_esp_idf.c"))]
    flags = ["-m32", "-std=gnu11", "-I" + os.path.join(HERE, "include"), "-I" + folder, "-I" + folder + "/firmware-hooks/esp-idf", HEADER, "-DCONFIG_HEAPSTRATA_WRAPS=1"]
    found = subprocess.run(["gcc", *flags, "-M", *ours], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    used = set(re.findall(r"\S+\.(?:h|def)\b", found.stdout))
    outside = [h for h in used if h.startswith((hs_test.ROOT + "/lib", hs_test.ROOT + "/firmware-hooks"))]
    tap.check("packed: ... and every header", found.returncode == 0 and not outside and any(h.startswith(folder) for h in used), (outside, found.stdout[-800:]))
    tap.check("packed: its manifest, its text, its licence and its example are there",
              all(os.path.exists(os.path.join(folder, f)) for f in ("idf_component.yml", "README.md", "LICENSE", "Kconfig", "examples/leak/main/main.c")))


# ---- 3: at work ----

STANDIN = ("standin_base.c", "standin_multi.c", "standin_caps.c", "standin_newlib.c", "system.c")
HOST = ["-m32", "-std=gnu11", "-O2", "-g", "-D_GNU_SOURCE", "-DHS_ESP_STACK_REACH=UINTPTR_MAX", HEADER, *INCLUDES]


@functools.lru_cache(None)
def recorder_settings():
    """What the component's CMakeLists.txt leaves out of the recorder."""
    return ["-D" + d for d in re.findall(r"\bHS_(?:EXPLICIT|EVENTS_LOCKED)=\d", component_by("WRAPS", "n").stdout)]


def build(name, method, ring=None, more=(), main="work.c"):
    """A program on the stand-in; where hooks are the method, beside ESP-IDF's own tracing."""
    lists = TRACKED in more
    ours = [os.path.join(HERE, f) for f in (main, *STANDIN, *(["standin_tracing.c"] if method == "HOOKS" else []),
                                            *(["standin_lists.c", "standin_tracked.c"] if lists else []))]
    flags = [*HOST, "-DCONFIG_HEAPSTRATA_%s=1" % method,
             *METHODS[method], *(["-DRING", "-DHS_STREAM=0", "-DHS_RECORD_FROM_BOOT=0", *ring] if ring else ["-DHS_STREAM=1"]), *more]
    objects = []
    flags += [s for s in recorder_settings() if s[:-1] not in " ".join(more)]
    for source in ours + [c for c in COMPONENT if c != MORE] + LIB + ([PORT] if ring else []):
        objects.append(out_of("%s-%s.o" % (name, os.path.basename(source))))
        subprocess.run(["gcc", *flags, "-c", "-o", objects[-1], source], check=True)
    names = [n for n in wraps(method, *(["lists"] if lists else [])) if n not in NEWLIB] + (list(TRACING) if method == "HOOKS" else [])
    subprocess.run(["gcc", "-m32", "-pthread", "-o", out_of(name), *objects, *["-Wl,--wrap=" + n for n in names],
                    *["-Wl,--defsym=__real_%s=idf_%s" % (n, n) for n in NEWLIB]], check=True)
    return out_of(name)


def verifier():
    path = out_of("verify")
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-D_GNU_SOURCE", "-I" + hs_test.ROOT, "-o", path, os.path.join(HERE, "verify.c"),
                    os.path.join(hs_test.BUILD, "libanalysis.a"), os.path.join(hs_test.BUILD, "libheapstrata.a"), "-lm", "-lzstd"], check=True)
    return path


def work(program, verify, name, steps, threads, seed, *options):
    """Runs the program and the verifier. Returns (good, what they said)."""
    trace, truth = out_of(name + ".hst"), out_of(name + ".txt")
    ran = hs_test.run([program, trace, truth, str(steps), str(threads), str(seed), *options], timeout=600, merge=True)
    checked = hs_test.run([verify, trace, truth], timeout=300, merge=True)
    text = ran.out.decode(errors="replace") + checked.out.decode(errors="replace")
    return ran.status == 0 and checked.status == 0, text


def at_work():
    operations = int(os.environ.get("HS_ESP_OPERATIONS", "400000"))
    verify = verifier()
    for method in METHODS:
        program = build(method.lower(), method)
        for what, steps, threads, options in (("all regions, one core", 30000, 1, []), ("all regions, two cores", 15000, 2, []),
                                              ("four cores", 8000, 4, []), ("started in the middle", 5000, 1, ["late"])):
            good, text = work(program, verify, "t", steps, threads, 3, *options)
            tap.check("%s: %s: every block and event, no other" % (method.lower(), what), good, text)
        good, text = work(program, verify, "same", operations // 2, 2, 5, "same")
        tap.check("%s: two cores at the same addresses: no block lost, no phantom" % method.lower(), good, text)
        tap.note(text.strip())
        unordered = build(method.lower() + "-unordered", method, more=["-DHS_EVENTS_LOCKED=0"])
        good, text = work(unordered, verify, "same", 200000, 2, 5, "same", "unordered")
        tap.check("%s: without the lock across calls that would be seen" % method.lower(), not good and "contradictions" in text, text)
        os.unlink(out_of("same.hst"))
    good, text = work(build("old", "WRAPS", more=[OLD]), verify, "t", 15000, 2, 3, "late")
    tap.check("5.1, heaps walked by their own parts: every block and event", good, text)


def tracked():
    """ESP-IDF's task tracking: it waits for a mutex in each allocation, and has blocks of its own in the heap."""
    verify, program = verifier(), build("tracked", "WRAPS", more=[TRACKED])
    for what, steps, threads, options in (("one core", 15000, 1, []), ("two cores", 15000, 2, []), ("started in the middle", 5000, 1, ["late"]),
                                          ("two cores at the same addresses", 100000, 2, ["same"])):
        good, text = work(program, verify, "tracked", steps, threads, 3, *options)
        tap.check("task tracking, %s: no wait with interrupts masked, every block and event, the lists' too" % what, good, text)


def reports():
    """The trace as users see it."""
    program = build("wraps", "WRAPS")
    hs_test.run([program, out_of("r.hst"), out_of("r.txt"), "20000", "1", "9"])
    status, value, err = hs_test.cli_json("stat", out_of("r.hst"))
    names = [r["name"] for r in (value or {}).get("regions", []) if r.get("present", True)]
    tap.check("stat: regions by their memory; the reserve within one of them is left out of the heap", status == 0 and
              [n for n in names if n != "reserve"] == ["heap_caps/DRAM", "heap_caps/D-IRAM", "heap_caps/RTC fast", "heap_caps/PSRAM", "heap_caps/DRAM 2"], (names, err))
    inner = hs_test.cli_json("stat", "--heap", "reserve", out_of("r.hst"))[1] or {}
    tap.check("stat --heap reserve: the reserved pool by itself", 0 < inner.get("total_bytes", 0) <= 20000, inner)


def regions():
    """What was wanted and what it became, against what the program itself saw."""
    program = build("wraps", "WRAPS")
    ran = hs_test.run([program, out_of("s.hst"), out_of("s.txt"), "300", "1", "9", "spill"])
    outside = int(ran.out)
    status, v, err = hs_test.cli_json("regions", out_of("s.hst"))
    v = v or {}
    spilled = sum(r["requests"] for r in v.get("misplaced", []) if r["wanted"] == "internal")
    tap.check("regions: what wanted internal memory and got PSRAM", status == 0 and outside > 5 and v["wanted_internal_got_psram"] == spilled and
              spilled >= outside, (outside, spilled, v.get("wanted_internal_got_psram"), err))
    asked = {(r["asked"], r["region"]): r["requests"] for r in v.get("requests", [])}
    tap.check("regions: malloc() asked for INTERNAL DEFAULT, and so the site says", asked.get(("INTERNAL DEFAULT", "heap_caps/PSRAM"), 0) >= outside, asked)
    tap.check("regions: a request by capability is where it has to be", asked.get(("EXEC", "heap_caps/D-IRAM")) and not any(
        a == "EXEC" and r != "heap_caps/D-IRAM" for a, r in asked), asked)
    limits = v.get("thresholds", [])
    tap.check("regions: what would have fitted: small limits, not the one that was set", limits and limits[0]["fits"] == "yes" and
              [t for t in limits if t["limit_bytes"] == 16384][0]["fits"] == "no" and
              all(a["peak_bytes"] <= b["peak_bytes"] for a, b in zip(limits, limits[1:])), limits)
    sums = {r["region"]: r for r in v.get("regions", [])}
    dma = sum(r["free_bytes"] for r in v.get("regions", []) if "DMA" in r["capabilities"])
    tap.check("regions: memory for DMA is what the regions for it have left", v.get("dma_free_bytes") == dma and
              v["dma_least_free_bytes"] <= dma, (v.get("dma_free_bytes"), dma))
    tap.check("regions: each has used and free bytes that make it up", all(r["used_bytes"] + r["free_bytes"] == r["total_bytes"] for r in sums.values()), sums)
    status, told, err = hs_test.cli_json("doctor", out_of("s.hst"))
    spill = [f for f in (told or {}).get("findings", []) if f["code"] == "HS-CAPS-SPILLED"]
    fitting = [l["limit_bytes"] for l in limits if l["fits"] == "yes"]
    tap.check("doctor: the spill, how many requests it was, and the largest limit that would have fitted", status == 1 and spill and
              ("%d requests" % spilled) in spill[0]["verdict"] and ("ALWAYSINTERNAL=%d:" % fitting[-1]) in spill[0]["next"][0], (spill, err))
    text = hs_test.cli("regions", out_of("s.hst")).out.decode()
    tap.check("regions: configuration is shown", "ALWAYSINTERNAL 16384, RESERVE_INTERNAL 32768" in text, text)
    status, codes, err = hs_test.cli_json("doctor", out_of("s.hst"))
    tap.check("doctor takes it", status in (0, 1), err)


def levels():
    """Samples and sums by place."""
    program = build("wraps", "WRAPS")
    hs_test.run([program, out_of("l.hst"), out_of("l.txt"), "4000", "1", "9", "sampled"])
    level = ((hs_test.cli_json("stat", out_of("l.hst"))[1] or {}).get("levels") or [{}])[-1]
    tap.check("sampled: some of the blocks, and their ends", level.get("level") == "sampled" and 100 < level.get("samples", 0) < 4000, level)
    summed, named = hs_test.regions_at_level(out_of("l.hst"))
    tap.check("sampled: each region with figures has its name", len(summed) == 6 and summed == set(named), (summed, named))
    hs_test.run([program, out_of("l.hst"), out_of("l.txt"), "4000", "1", "9", "summary"])
    records = [json.loads(line) for line in hs_test.cli("dump", "--json", out_of("l.hst")).out.decode().splitlines()]
    last = {r["region"]: r for r in records if r.get("kind") == "SUMMARY"}
    with open(out_of("l.txt")) as f:
        there = len(f.readlines()) - 1
    tap.check("summary: each region's blocks at the last mark, one more that is a heap itself", len(last) == 6 and
              sum(r["blocks"] for r in last.values()) == there + 1, (there, last))
    summed, named = hs_test.regions_at_level(out_of("l.hst"))
    tap.check("summary: each region with figures has its name", len(summed) == 6 and summed == set(named), (summed, named))
    tap.check("summary: places are named", any(r.get("kind") == "TOP" and r["site"] for r in records), len(records))


def same_blocks(found, truth):
    """Blocks are as many; their bytes are those asked for, or a little more where the heap gave a block the rest beside it."""
    return set(found) == set(truth) and all(found[name][1] == n and 0 <= found[name][0] - size <= 12 * n for name, (size, n) in truth.items())


def leaks():
    """A program that loses memory over two days, in 4 KB of RTC memory."""
    ring = ["-DHS_RING_IN=2", "-DHS_RING_SIZE=4096", "-DHS_START_LEVEL=3", "-DCONFIG_HEAPSTRATA_LEAKS=1"]
    program = build("leaks", "WRAPS", ring, main="leaks.c")
    done = hs_test.run([program, out_of("leaks.txt")], timeout=300)
    with open(out_of("leaks.log"), "wb") as f:
        f.write(done.out)
    imported = hs_test.cli("import", out_of("leaks.log"), "-o", out_of("leaks.hst"))
    with open(out_of("leaks.txt")) as f:
        truth = {name: (int(size), int(n)) for name, size, n in (line.split() for line in f)}

    def found(*options):
        status, value, err = hs_test.cli_json("leaks", "--elf", program, *options, out_of("leaks.hst"))
        sums = {}
        for row in (value or {}).get("rows", []):
            size, n = sums.get(row["place"], (0, 0))
            sums[row["place"]] = (size + row["bytes"], n + row["blocks"])
        return status, value or {}, sums, err

    status, value, sums, err = found()
    tap.check("leaks: after two days, in 4 KB: each block that was never freed, by caller", done.status == 0 and imported.status == 0 and
              status == 0 and same_blocks(sums, truth) and value["not_followed_blocks"] == value["unsure_blocks"] == 0, (done.err, imported.err, err, sums, truth))
    threads = {(r["place"], r["thread"].split(" (")[-1]) for r in value.get("rows", [])}
    tap.check("leaks: by task, with its name", threads == {("parser_keeps", "network)"), ("session_opens", "screen)"), ("cache_fills", "screen)")}, threads)
    marks = [m["mark"] for m in (hs_test.cli_json("marks", out_of("leaks.hst"))[1] or {}).get("marks", [])]
    tap.check("leaks: the ring has gone round, and has some marks", 2 <= len(marks) < 48, marks)
    summed, regions_named = hs_test.regions_at_level(out_of("leaks.hst"))
    tap.check("leaks: the ring has gone round, and the regions still have their names", summed and summed <= set(regions_named), (summed, regions_named))
    status, value, sums, err = found("--from", marks[-3], "--to", marks[-2])
    between = value.get("blocks", 0) + value.get("unsure_blocks", 0)
    tap.check("leaks: between two marks: that hour's, or it is said that marks were put together", status == 0 and 2 <= between and
              value["blocks"] <= 2 and "session_opens" not in sums, (value, err))
    status, value, sums, err = found("--to", marks[-1])
    tap.check("leaks: up to a mark", status == 0 and same_blocks(sums, truth), (sums, err))
    refused = hs_test.cli("leaks", "--from", "hour 1", out_of("leaks.hst"))
    tap.check("leaks: a mark that the ring has lost is an error", refused.status == 2 and
              b"the ring no longer holds it. The oldest mark that is left is '%s': type --from " % marks[0].encode() in refused.err, refused.err)
    typed = re.search("type --from ('?)(.*)\\1$", refused.err.decode().strip())
    tap.check("leaks: what is to be typed then is taken", typed and found("--from", typed.group(2))[0] == 0, refused.err)
    refused = hs_test.cli("leaks", "--region", "heap_caps/DRAM", out_of("leaks.hst"))
    tap.check("leaks: of one region they are not known, and nothing else is shown", refused.status == 2 and not refused.out and
              b"all heaps together" in refused.err, (refused.out, refused.err))
    text = hs_test.cli("leaks", out_of("leaks.hst")).out.decode()
    tap.check("leaks: text", "and not freed" in text and "network" in text, text)


def leaks_of_every_event():
    """The same question of a trace that has every event: against the truth."""
    program = build("wraps", "WRAPS")
    hs_test.run([program, out_of("e.hst"), out_of("e.txt"), "4000", "2", "9"])
    with open(out_of("e.txt")) as f:
        there = [int(line.split()[1]) for line in f.readlines()[1:]]
    whole = hs_test.cli_json("leaks", "--from", "work", out_of("e.hst"))[1] or {}
    tap.check("leaks, every event: blocks that came after a mark and are there", whole.get("blocks") == len(there) and
              0 <= whole["bytes"] - sum(there) <= 12 * len(there),
              (whole.get("blocks"), len(there), whole.get("bytes"), sum(there)))
    outside = hs_test.cli_json("leaks", "--from", "work", "--region", "heap_caps/PSRAM", out_of("e.hst"))[1] or {}
    tap.check("leaks, every event: of one region", 0 < outside.get("blocks", 0) < len(there), (outside.get("blocks"), len(there)))
    none = hs_test.cli_json("leaks", "--from", "end", out_of("e.hst"))[1] or {}
    tap.check("leaks, every event: none came after the last mark", none.get("blocks") == 0, none)
    names = {r["thread"] for r in whole.get("rows", [])}
    tap.check("tasks have their names", any("(worker)" in n for n in names), names)


def only_what_is_true(name):
    """A trace of a program in C: no word of an interpreter."""
    said = "".join(hs_test.cli(*command, out_of(name)).out.decode() for command in (("doctor",), ("regions",), ("stat",)))
    words = re.findall(r"(?i)micropython|\bpython|\bgc\.|collections? |\.mpy|mem_info|repl\b", said)
    tap.check("%s: doctor, regions and stat say nothing of Python" % name, said and not words, (words, said[-600:]))


def outer_firmware():
    """MicroPython with the stand-in around its heap. Kept in the build folder: only what changed is made again."""
    folder = os.path.join(hs_test.BUILD, "tests", "esp-idf-outer")
    os.makedirs(folder, exist_ok=True)
    if os.path.exists(os.path.join(folder, "micropython")):
        os.unlink(os.path.join(folder, "micropython"))  # make does not know of the stand-in's objects
    objects = []
    for name in (*STANDIN, "mp_outer.c"):
        objects.append(os.path.join(folder, "test_" + name.replace(".c", ".o")))
        subprocess.run(["gcc", "-m32", "-std=gnu11", "-O2", "-g", "-D_GNU_SOURCE", *INCLUDES, "-DCONFIG_HEAPSTRATA_WRAPS=1", "-c", "-o", objects[-1],
                        os.path.join(HERE, name)], check=True)
    link = objects + ["-Wl,--wrap=" + n for n in wraps("WRAPS") if n not in NEWLIB] + \
        ["-Wl,--defsym=__real_%s=idf_%s" % (n, n) for n in NEWLIB]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "CFLAGS", "LDFLAGS"))}
    env.update(GIT_CEILING_DIRECTORIES=os.path.dirname(hs_test.MP_SRC), SOURCE_DATE_EPOCH="1744675200")
    done = subprocess.run(["make", "-j2", "-C", os.path.join(hs_test.MP_SRC, "ports", "unix"), "BUILD=" + hs_test.mp_folder("unix", folder), "STRIP=", "FROZEN_MANIFEST=",
                           "MICROPY_PY_BTREE=0", "MICROPY_PY_SSL=0", "MICROPY_SSL_AXTLS=0", "MICROPY_SSL_MBEDTLS=0", "MICROPY_PY_FFI=0",
                           "MICROPY_FORCE_32BIT=1", "MICROPY_PY_THREAD=0", "USER_C_MODULES=" + os.path.dirname(HOOKS), "HEAPSTRATA_HEAP_CAPS=1",
                           "CFLAGS_EXTRA=-Wno-pointer-arith -include %s/mp_outer.h -I%s/include -DCONFIG_HEAPSTRATA_WRAPS=1 -DHS_ESP_STACK_REACH=UINTPTR_MAX" % (HERE, HERE),
                           "LDFLAGS_EXTRA=" + " ".join(link)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return os.path.join(folder, "micropython"), done.returncode == 0, done.stdout[-2000:]


def refused(firmware):
    """A failure in the outer heap is judged by the regions that have the capabilities asked for: the record names one of them."""
    trace = out_of("full.hst")
    ran = hs_test.run([firmware, "-X", "heapsize=32k", os.path.join(HERE, "full.py")], env={"HEAPSTRATA_OUT": trace})
    failures = (hs_test.cli_json("report", "--heap", "all", trace)[1] or {}).get("failures") or [{}]
    shown = (hs_test.cli_json("regions", trace)[1] or {}).get("regions", [])
    free = {"heap_caps": sum(r["free_bytes"] for r in shown if "SIMD" in r["capabilities"]),
            "gc": sum(r["free_bytes"] for r in shown if r["region"].startswith("gc"))}
    tap.check("both levels: what heap_caps refused is judged by heap_caps, what Python refused by its heap", ran.status == 0 and
              len(failures) == 2 and failures[0]["free_bytes"] == free["heap_caps"] and  # the exception takes some of Python's heap
              0 <= failures[1]["free_bytes"] - free["gc"] < 1024 < abs(free["heap_caps"] - free["gc"]),
              (failures, free, ran.err))


def both_levels():
    """MicroPython's heap and the one around it in one trace, against mem_info()."""
    firmware, built, log = outer_firmware()
    if not tap.check("both levels: MicroPython with heap_caps around it is built", built, log):
        return
    trace = out_of("outer.hst")
    ran = hs_test.run([firmware, "-X", "heapsize=32k", os.path.join(HERE, "grow.py")], env={"HEAPSTRATA_OUT": trace})
    real = meminfo.parse(ran.out)
    shown = hs_test.cli("map", "--heap", "gc", "--at", "mark:grown", "--style", "meminfo", trace)
    rebuilt = meminfo.parse(shown.out)
    tap.check("both levels: the heap has grown by areas", ran.status == 0 and len(real.areas) > 4, ran.err)
    why = meminfo.difference(real, rebuilt)
    tap.check("both levels: --heap gc is mem_info()'s heap, granule by granule", not why, why)
    value = hs_test.cli_json("regions", trace)[1] or {}
    areas = [r for r in value.get("regions", []) if r["region"].startswith("gc")]
    outer = [r for r in value.get("regions", []) if r["region"].startswith("heap_caps")]
    inside = [a for a in areas if any(int(o["base"], 16) < int(a["base"], 16) < int(o["base"], 16) + o["total_bytes"] for o in outer)]
    taken = sum(r["live_blocks"] for r in value.get("requests", []) if r["region"].startswith("heap_caps"))
    tap.check("both levels: each area that was added is a block of heap_caps", len(inside) == len(areas) - 1 == taken == len(real.areas) - 1,
              (len(areas), len(inside), taken))
    stat = hs_test.cli_json("stat", trace)[1] or {}
    tap.check("both levels: without a choice it is Python's heap, and nothing contradicts", stat.get("diverged", 0) == 0 and not stat.get("warnings") and
              stat["total_bytes"] == sum(a["total_bytes"] for a in areas), (stat.get("total_bytes"), areas, stat.get("warnings")))
    sampled = out_of("outer-sampled.hst")
    hs_test.run([firmware, "-X", "heapsize=32k", os.path.join(HERE, "grow.py")], env={"HEAPSTRATA_OUT": sampled, "HEAPSTRATA_LEVEL": "sampled"})
    said = [(hs_test.cli_json("report", t)[1] or {}).get("around") for t in (trace, sampled)]
    tap.check("both levels: figures of the heap around Python's, but not at a level that does not know them", len(said[0] or []) == len(outer) and
              all(a["used_bytes"] for a in said[0][:1]) and said[1] == [], said)
    refused(firmware)
    whole = hs_test.cli_json("stat", "--heap", "all", trace)[1] or {}
    tap.check("both levels: --heap all has every region", whole.get("diverged", 0) == 0 and
              whole["total_bytes"] == sum(r["total_bytes"] for r in outer + areas), (whole.get("total_bytes"), outer, areas))


def no_room_for_regions():
    """More heaps than a trace has regions for: the blocks of the others are left out, and their heap is searched for once."""
    for room, known in ((3, 3), (1, 1)):
        program = build("few", "WRAPS", more=["-DHS_ESP_REGIONS=%d" % room])
        ran = hs_test.run([program, out_of("few.hst"), out_of("few.txt"), "8000", "1", "9", "walks"])
        walks = int(ran.out or -1)
        status, value, err = hs_test.cli_json("stat", "--heap", "all", out_of("few.hst"))
        value = value or {}
        tap.check("%d regions for six heaps: the trace has these, and heaps are not walked for each block" % room, ran.status == 0 and status == 0 and
                  len([r for r in value["regions"] if r.get("present", True)]) == known and value.get("diverged", 0) == 0 and
                  value["events"] > 1000 and 0 < walks < 600, (walks, value.get("regions"), err, ran.err))


def cache_off():
    """A ring in PSRAM while the flash cache is off: what happens then is counted."""
    program = build("cache-off", "WRAPS", more=["-DCONFIG_HEAPSTRATA_RING_IN_PSRAM=1"])
    hs_test.run([program, out_of("c.hst"), out_of("c.txt"), "300", "1", "9", "cache-off"])
    verify = verifier()
    checked = hs_test.run([verify, out_of("c.hst"), out_of("c.txt")], merge=True)
    tap.check("cache off: a snapshot behind it, so that no block is lost, none is a phantom",
              b"phantom" not in checked.out and b"lost:" not in checked.out and b"contradictions" not in checked.out, checked.out)
    records = hs_test.cli("dump", "--json", out_of("c.hst")).out.decode().splitlines()
    lost = [r for r in records if '"LOST"' in r]
    tap.check("cache off: nothing is recorded, and how much that was is reported once", len(lost) == 1 and '"count":3' in lost[0].replace(" ", "") or
              (len(lost) == 1 and 200 <= int(re.search(r'"count": ?(\d+)', lost[0]).group(1)) <= 400), lost[:3])


def ring_and_dump():
    """The port file that boards have, ring in RAM and in PSRAM, and what heapstrata_dump prints."""
    for name, ring in (("ram", ["-DHS_RING_IN=1", "-DHS_RING_SIZE=65536"]),
                       ("psram", ["-DHS_RING_IN=3", "-DHS_RING_SIZE=262144", "-DCONFIG_HEAPSTRATA_RING_IN_PSRAM=1"])):
        program = build("ring-" + name, "WRAPS", ring)
        done = hs_test.run([program, "-", out_of("ring.txt"), "4000", "1", "4"], timeout=60)
        with open(out_of("console.log"), "wb") as f:
            f.write(b"I (12) boot: something else\n" + done.out)
        imported = hs_test.cli("import", out_of("console.log"), "-o", out_of("ring.hst"))
        status, value, err = hs_test.cli_json("stat", out_of("ring.hst"))
        tap.check("ring in %s, by heapstrata_dump(): whole" % name, done.status == 0 and imported.status == 0 and status == 0 and
                  value and value["events"] > 100 and value["firmware"].startswith("ESP-IDF"), (done.err, imported.err, err, value))
        marks = hs_test.cli_json("marks", out_of("ring.hst"))[1] or {}
        tap.check("ring in %s: the layout is known at the end" % name, value and value["used_bytes"] > 0 and
                  (marks.get("marks") or [{}])[-1].get("mark") == "end", (value, marks))


def ring_gone_round():
    """A ring that begins in the middle of the run."""
    program = build("ring-small", "WRAPS", ["-DHS_RING_IN=1", "-DHS_RING_SIZE=16384"])
    done = hs_test.run([program, "-", out_of("round.txt"), "4000", "1", "4"], timeout=60)
    with open(out_of("round.log"), "wb") as f:
        f.write(done.out)
    hs_test.cli("import", out_of("round.log"), "-o", out_of("round.hst"))
    value, text = hs_test.cli_json("regions", out_of("round.hst"))[1] or {}, hs_test.cli("regions", out_of("round.hst")).out.decode()
    least = re.search(r"# Memory for DMA: ([\d,]+) bytes left at the end, at most ([\d,]+) when it was least", text)
    tap.check("a ring gone round: memory for DMA may have been less than what is seen, and is not 0 before it is known", least and
              0 < int(least.group(2).replace(",", "")) <= int(least.group(1).replace(",", "")), text)
    tap.check("a ring gone round: in JSON that is null, as the peaks are", value["dma_free_bytes"] > 0 and value["dma_least_free_bytes"] is None, value)
    first = re.search(r" REGION .*?(?= SNAPSHOT )", hs_test.cli("dump", out_of("round.hst")).out.decode(), re.S)
    tap.check("a ring gone round: its first snapshot says which task runs", first and re.search(r" THREAD +thread=[1-9]", first.group()), first and first.group())
    for args, words in ((["leaks", "--from", "work"], "--from end"), (["leaks", "--to", "mark:work"], "--to end"), (["dump", "--from", "mark:work"], "--from mark:end"),
                        (["timeline", "--to", "mark:work"], "--to mark:end"), (["map", "--at", "mark:work"], "--at mark:end"),
                        (["map", "--at", "end", "--diff", "mark:work"], "--diff mark:end"), (["blame", "--size", "100", "--at", "mark:work"], "--at mark:end"),
                        (["compare", "--at", "mark:work", out_of("round.hst")], "--at mark:end"), (["globals", "--at", "mark:work"], "--at mark:end")):
        done = hs_test.cli(*args, out_of("round.hst"))
        tap.check("a ring gone round: %s: the mark is lost, and what is left" % " ".join(args[:-1]), done.status == 2 and
                  ("the ring no longer holds it. The oldest mark that is left is 'end': type %s\n" % words).encode() in done.err, done.err)


def without_psram():
    """Requests that prefer PSRAM and take internal memory are no fault where the firmware is built for none."""
    for name, more, wanted in (("no-psram", ["-DTESTS_FOR_NO_PSRAM"], False), ("wraps", [], True)):
        program = build(name, "WRAPS", more=more)
        hs_test.run([program, out_of("n.hst"), out_of("n.txt"), "3000", "1", "9", "no-psram"])
        inside = (hs_test.cli_json("regions", out_of("n.hst"))[1] or {}).get("wanted_psram_got_internal", 0)
        status, value, err = hs_test.cli_json("doctor", out_of("n.hst"))
        codes = [f["code"] for f in (value or {}).get("findings", [])]
        tap.check("doctor, no PSRAM, %s: internal memory is %s" % (name, "a warning" if wanted else "right"), inside > 50 and value and
                  ("HS-CAPS-INSIDE" in codes) == wanted, (inside, codes, err))


# ---- 4: bare ----

def on_bare_machine():
    """RV32 in QEMU: what a host's threads and its one kind of memory cannot show."""
    missing = bare.CORE.missing()
    if missing:
        tap.skip("bare: %s" % missing)
        return
    folder = out_of("bare")
    os.makedirs(folder, exist_ok=True)
    link = ["-Wl,--wrap=" + n for n in wraps("WRAPS") if n not in NEWLIB] + ["-Wl,--defsym=__real_%s=idf_%s" % (n, n) for n in NEWLIB]
    firmware = bare.Firmware(folder, [c for c in COMPONENT if c != MORE] + [PORT], LIB, link, os.path.join(COMPONENT_FOLDER, "linker.lf.in"),
                             recorder_settings())
    tap.check("bare: each function that linker.lf.in names is there", not firmware.missing(), firmware.missing())
    iram = firmware.iram()
    tap.note("code in internal RAM: %d bytes" % iram)
    tap.check("bare: at most 12 KB of code in internal RAM at -Os", 4000 < iram <= 12 << 10, iram)
    done = firmware.run()
    console = done.out.decode(errors="replace")
    if not tap.check("bare: boots without a thread pointer, and works without flash", done.status == 0, console[-600:]):
        return
    with open(out_of("bare.log"), "w") as f:
        f.write(console)
    with open(out_of("bare.txt"), "w") as f:
        f.writelines(line[2:] + "\n" for kind in "CT" for line in console.splitlines() if line.startswith(kind + " "))
    imported = hs_test.cli("import", out_of("bare.log"), "-o", out_of("bare.hst"))
    checked = hs_test.run([verifier(), out_of("bare.hst"), out_of("bare.txt")], merge=True)
    tap.check("bare: tasks, interrupts, late heaps, no flash: every block and event", imported.status == 0 and checked.status == 0,
              (imported.err, checked.out))
    records = [json.loads(line) for line in hs_test.cli("dump", "--json", out_of("bare.hst")).out.decode().splitlines()]
    resets = [r for r in records if r.get("kind") == "RESET"]
    tap.check("bare: the reset's cause is known when the trace begins", len(resets) == 1 and resets[0]["cause"] == 3, resets)
    tap.check("bare: each task has a number, interrupts and start-up have 0", {r["thread"] for r in records if r.get("kind") == "THREAD"} == {0, 1, 2, 3})
    names_of_callers(firmware.elf)
    capabilities()
    only_what_is_true("bare.hst")
    zeros = re.search(r"^Z (\d+)$", console, re.M)
    tap.check("bare: calloc's zeros are written while interrupts can come", zeros and int(zeros.group(1)) < 256, zeros and zeros.group(1))
    firmware.change_ring(PORT, 4096)
    done = firmware.run()
    tap.check("bare: a ring of 4 KB goes round without flash", done.status == 0, done.out.decode(errors="replace")[-300:])
    figures = {what: int(n) for what, n in re.findall(r"^I (\w+) (\d+)$", console, re.M)}
    tap.note("instructions of malloc and free, stand-in's heap: %s; code in internal RAM: %d bytes" % (figures, iram))
    tap.check("bare: stopped and recording cost what they may", figures.get("stopped", 1e9) - figures.get("bare", 0) <= 60 and
              figures.get("recording", 1e9) - figures.get("bare", 0) <= 600, figures)


def name_more():
    """CONFIG_HEAPSTRATA_NAME_MORE: who calls operator new, and who creates what FreeRTOS has beyond tasks and queues."""
    missing = bare.CORE.missing() or (not shutil.which(bare.CORE.cross + "g++") and "no C++ compiler for RV32")
    if missing:
        tap.skip("name more: %s" % missing)
        return
    folder = out_of("more")
    os.makedirs(folder, exist_ok=True)
    link = ["-Wl,--wrap=" + n for n in wraps("WRAPS", "more") if n not in NEWLIB] + ["-Wl,--defsym=__real_%s=idf_%s" % (n, n) for n in NEWLIB]
    firmware = bare.Firmware(folder, COMPONENT + [PORT], LIB, link, os.path.join(COMPONENT_FOLDER, "linker.lf.in"), recorder_settings(),
                             ("objects.cc", "standin_more.c"))
    console = firmware.run().out.decode(errors="replace")
    with open(out_of("more.log"), "w") as f:
        f.write(console)
    with open(out_of("more.txt"), "w") as f:
        f.writelines(line[2:] + "\n" for kind in "CT" for line in console.splitlines() if line.startswith(kind + " "))
    hs_test.cli("import", out_of("more.log"), "-o", out_of("more.hst"))
    checked = hs_test.run([verifier(), out_of("more.hst"), out_of("more.txt")], merge=True)
    tap.check("name more: objects of C++: every block and event", checked.status == 0, (console[-300:], checked.out))
    report = hs_test.cli_json("report", "--elf", firmware.elf, out_of("more.hst"))[1] or {}
    names = {row["line"] for row in report.get("rows", [])}
    wanted = {"sensor_is_made", "readings_are_made", "sensor_is_made_if_there_is_room", "line_is_made", "event_group_is_made", "stream_is_made",
              "ring_is_made"}
    tap.check("name more: who asked is who calls new, not new", wanted <= names and not [n for n in names if n.startswith(("operator", "_Zn", "xE", "xS", "xR"))],
              names)
    by_thread = hs_test.cli_json("report", "--elf", firmware.elf, "--sort", "thread", out_of("more.hst"))[1] or {}
    threads = {row["thread"] for row in by_thread.get("rows", [])}
    tap.check("tasks have their names, cut at 16 characters", {"thread 1 (sensor)", "thread 2 (net=work)", "thread 3 (a name longer th)"} <= threads, threads)


def names_of_callers(elf):
    status, report, err = hs_test.cli_json("report", "--elf", elf, out_of("bare.hst"))
    names = {row["line"] for row in (report or {}).get("rows", [])}
    tap.check("bare: the ELF file is this build's", status == 0 and "another build" not in str(err), err)
    wanted = {"sensor_reads", "network_receives", "resize", "timer_interrupt_allocates", "port_starts_its_tick", "main_task"}
    tap.check("bare: who asked is who called, in tasks, interrupts and start-up", wanted <= names and
              not [n for n in names if n.startswith(("heap_caps", "idf_", "__wrap"))], names)


def capabilities():
    value = hs_test.cli_json("regions", out_of("bare.hst"))[1] or {}
    regions = {r["region"]: r["capabilities"] for r in value.get("regions", [])}
    tap.check("bare: regions have names of their own, and all their capabilities", len(regions) == len(value.get("regions", [])) == 5 and
              "SIMD" in regions.get("heap_caps/DRAM 2", "") and "bit 30" in regions.get("heap_caps/DRAM", "") and "heap_caps/RTC fast" in regions, regions)
    rows = [(r["asked"], r["region"]) for r in value.get("requests", [])]
    tap.check("bare: requests have all their capabilities", len(set(rows)) == len(rows) and ("SIMD", "heap_caps/DRAM 2") in rows and
              any("CACHE_ALIGNED" in asked for asked, _ in rows), rows)
    report = hs_test.cli_json("report", out_of("bare.hst"))[1] or {}
    last = (report.get("failures") or [{}])[-1]
    tap.check("bare: too large for memory for DMA is full, not refused", last.get("verdict") == "full", last)


compilers()
refuses_hook_with_lists()
needs_no_cache_header()
beside_micropython()
cmake()
configured_again()
packed()
at_work()
tracked()
reports()
only_what_is_true("r.hst")
regions()
only_what_is_true("s.hst")
levels()
leaks()
leaks_of_every_event()
both_levels()
no_room_for_regions()
cache_off()
ring_and_dump()
ring_gone_round()
without_psram()
on_bare_machine()
name_more()
tap.finish()
