#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a named integer costs: bytes of heap a name, for 1, 10 and 100 names, as plain globals, const(), _const()
and literals; from source, precompiled and frozen; on 32 and 64 bit.

    names.py [--json] [--no-frozen]

Each module has a function that uses every number once, in the same way, so that the four differ by the names
alone. It is imported in a fresh firmware, a collection follows, and gc.mem_alloc() behind it, less that before the
import, less the same of a module with the function but without any number, is what the N names take.

Interned strings are in blocks of 128 bytes. Whether a module's names still fit the block at hand or begin another one
depends on all that was interned before: the script's path, sys.argv, the home folder. So every import is measured in
FILLS runs that differ by one more string, 8 bytes longer each time, before it; printed are their mean, the least and the
most. Nothing else reaches the firmware: it gets no environment, no script's path, and no path of its own.
"""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("HS_BUILD") or os.path.join(HERE, "..", "..", "build")
MP = os.environ.get("HS_MP") or os.path.join(BUILD, "micropython")
SRC = os.environ.get("HS_MP_SRC") or os.path.join(MP, "src")
MPY_CROSS = os.environ.get("HS_MPY_CROSS") or os.path.join(MP, "mpy-cross", "mpy-cross")
OUT = os.path.join(os.path.abspath(BUILD), "example-const", "names")

COUNTS = (1, 10, 100)
FORMS = ("plain", "const", "_const", "literal")
WAYS = ("source", "mpy", "frozen")
BITS = {"32": ("unix32", ["MICROPY_FORCE_32BIT=1"]), "64": ("unix64", [])}
FILLS = ["fill" + "-" * (8 * i) for i in range(16)]  # 16 steps through a block of 128 bytes
MEASURE = "import gc\nm = None\na = b = 0\ngc.collect()\na = gc.mem_alloc()\nimport %s as m\ngc.collect()\nb = gc.mem_alloc()\nprint(b - a)\n"
# As the example targets of the Makefile build MicroPython: the repacked source lacks some submodules.
OFF = ["MICROPY_PY_BTREE=0", "MICROPY_PY_SSL=0", "MICROPY_SSL_AXTLS=0", "MICROPY_SSL_MBEDTLS=0", "MICROPY_PY_FFI=0", "STRIP="]


def module(form, n):
    """The source. Values are those that fit a small integer but no single byte; names are 9 or 10 letters."""
    names = ["%sSETTING%02d" % ("_" if form == "_const" else "", i) for i in range(n)]
    value = {"plain": "%d", "const": "const(%d)", "_const": "const(%d)"}
    text = "from micropython import const\n"
    if form != "literal":
        text += "".join("%s = %s\n" % (name, value[form] % (1000 + i)) for i, name in enumerate(names))
    uses = names if form != "literal" else [str(1000 + i) for i in range(n)]
    return text + "def use(f):\n    f()\n" + "".join("    f(%s)\n" % use for use in uses)


def name_of(form, n):
    """Of one length, since it is interned too."""
    return "m%s%03d" % ({"_const": "u"}.get(form, form[0]), n)


def modules():
    yield name_of("literal", 0), module("literal", 0)
    for form in FORMS:
        for n in COUNTS:
            yield name_of(form, n), module(form, n)


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode:
        sys.exit("names.py: %s\n%s" % (" ".join(command), done.stdout[-3000:]))
    return done.stdout


def write(folder, packed):
    os.makedirs(folder, exist_ok=True)
    for name, text in modules():
        source = os.path.join(folder, name + ".py")
        if os.path.exists(source) and open(source).read() == text:
            continue  # written again, it would be frozen again
        with open(source, "w") as file:
            file.write(text)
        if packed:
            run([os.path.abspath(MPY_CROSS), name + ".py"], cwd=folder)  # the source's path is in the .mpy
            os.remove(source)


def frozen_firmware(bits, folder):
    """A firmware with the modules in it, made once."""
    build = os.path.join(OUT, "unix" + bits)
    manifest = os.path.join(OUT, "manifest.py")
    text = "freeze(%r)\n" % folder
    if not os.path.exists(manifest) or open(manifest).read() != text:
        with open(manifest, "w") as file:
            file.write(text)
    library = os.path.join(OUT, "no-library") # freezing wants to see one, though nothing of it is frozen
    os.makedirs(library, exist_ok=True)
    open(os.path.join(library, "README.md"), "a").close()
    env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", MICROPY_MPYCROSS=os.path.abspath(MPY_CROSS), MAKEFLAGS="")
    run(["make", "-j2", "-C", os.path.join(SRC, "ports", "unix"), "BUILD=" + build, "FROZEN_MANIFEST=" + manifest, "USER_C_MODULES=",
         "MPY_LIB_DIR=" + library,
         *OFF, *BITS[bits][1]], env=env)
    return os.path.join(build, "micropython")


def measure(firmware, folder, name):
    """What the import of a module leaves behind, in bytes, once for each of FILLS."""
    return [int(run(["micropython", "-X", "heapsize=256k", "-c", MEASURE % name, fill], executable=os.path.abspath(firmware),
                    cwd=folder, env={"HOME": "/"})) for fill in FILLS]


def row(firmware, folder, form, n, empty):
    more = [b - a for a, b in zip(empty, measure(firmware, folder, name_of(form, n)))]
    return {"form": form, "names": n, "bytes": sum(more) / len(more), "least": min(more), "most": max(more)}


def main():
    rows = []
    os.makedirs(OUT, exist_ok=True)
    if not os.path.exists(MPY_CROSS):
        run(["make", "-C", os.path.join(HERE, "..", ".."), os.path.join("build", "micropython", "mpy-cross", "mpy-cross")])
    folders = {way: os.path.join(OUT, way) for way in WAYS}
    write(folders["source"], False)
    write(folders["mpy"], True)
    ways = [way for way in WAYS if way != "frozen" or "--no-frozen" not in sys.argv[1:]]
    for bits, (hooked, _) in BITS.items():
        for way in ways:
            firmware, folder = os.path.join(MP, hooked, "micropython"), folders[way]
            if way == "frozen":
                write(folder, False)
                firmware, folder = frozen_firmware(bits, folder), "/"
            empty = measure(firmware, folder, name_of("literal", 0))
            rows += [dict(row(firmware, folder, form, n, empty), bits=int(bits), way=way) for form in FORMS for n in COUNTS]
    if "--json" in sys.argv[1:]:
        print(json.dumps(rows, indent=1))
        return
    print("bytes of heap for N named integers, used once each: mean, least and most of %d runs, mean for a name" % len(FILLS))
    print("%-5s %-7s %-8s" % ("bits", "from", "as") + "".join("%24s %7s" % ("N = %d" % n, "a name") for n in COUNTS))
    for i in range(0, len(rows), len(COUNTS)):
        print("%-5d %-7s %-8s" % (rows[i]["bits"], rows[i]["way"], rows[i]["form"]) + "".join(
            "%12.1f %5d to %4d %6.1f" % (r["bytes"], r["least"], r["most"], r["bytes"] / r["names"])
            for r in rows[i:i + len(COUNTS)]))


main()
