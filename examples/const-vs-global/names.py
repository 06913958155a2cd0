#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a named integer costs: bytes of heap a name, for 1, 10 and 100 names, as plain globals, const(), _const()
and literals; from source, precompiled and frozen; on 32 and 64 bit.

    names.py [--json] [--no-frozen]

Each module has a function that uses every number once, in the same way, so that the four differ by the names
alone. It is imported in a fresh firmware, a collection follows, and gc.mem_alloc() behind it, less that before the
import, less the same of a module with the function but without any number, is what the N names take.
"""
import json
import os
import subprocess
import sys
import tempfile

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
    return "m%s%d" % (form.replace("_", "u"), n)


def modules():
    yield "mempty0", module("literal", 0)
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
        with open(source, "w") as file:
            file.write(text)
        if packed:
            run([MPY_CROSS, "-o", os.path.join(folder, name + ".mpy"), source])
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
    """What the import of a module leaves behind, in bytes."""
    with tempfile.TemporaryDirectory() as empty:
        script = os.path.join(folder or empty, "measure.py")
        with open(script, "w") as file:
            file.write(MEASURE % name)
        return int(run([firmware, "-X", "heapsize=256k", "measure.py"], cwd=os.path.dirname(script)))


def main():
    rows = []
    os.makedirs(OUT, exist_ok=True)
    if not os.path.exists(MPY_CROSS):
        run(["make", "-C", os.path.join(HERE, "..", ".."), os.path.join("build", "micropython", "mpy-cross", "mpy-cross")])
    folders = {"source": os.path.join(OUT, "source"), "mpy": os.path.join(OUT, "mpy"), "frozen": None}
    write(folders["source"], False)
    write(folders["mpy"], True)
    ways = [way for way in WAYS if way != "frozen" or "--no-frozen" not in sys.argv[1:]]
    for bits, (hooked, _) in BITS.items():
        firmwares = {way: os.path.join(MP, hooked, "micropython") for way in ("source", "mpy")}
        if "frozen" in ways:
            frozen = os.path.join(OUT, "frozen")
            write(frozen, False)
            firmwares["frozen"] = frozen_firmware(bits, frozen)
        for way in ways:
            empty = measure(firmwares[way], folders[way], "mempty0")
            for form in FORMS:
                rows += [{"bits": int(bits), "way": way, "form": form, "names": n,
                          "bytes": measure(firmwares[way], folders[way], name_of(form, n)) - empty} for n in COUNTS]
    if "--json" in sys.argv[1:]:
        print(json.dumps(rows, indent=1))
        return
    print("bytes of heap for N named integers, and bytes a name; used once each")
    print("%-5s %-7s %-8s" % ("bits", "from", "as") + "".join("%9s %8s" % ("N = %d" % n, "a name") for n in COUNTS))
    for i in range(0, len(rows), len(COUNTS)):
        row = rows[i]
        print("%-5d %-7s %-8s" % (row["bits"], row["way"], row["form"])
              + "".join("%9d %8.1f" % (r["bytes"], r["bytes"] / r["names"]) for r in rows[i:i + len(COUNTS)]))


main()
