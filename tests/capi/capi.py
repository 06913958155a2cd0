#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test  # noqa: E402

CALM = {"MAKEFLAGS": "", "MFLAGS": "", "MAKEOVERRIDES": ""}


def path(*parts):
    return os.path.join(hs_test.scratch(), *parts)


def make(*args, env=None):
    return hs_test.run(["make", "-s", "-C", hs_test.ROOT, "B=" + hs_test.BUILD, *args], env={**CALM, **(env or {})}, timeout=900)


def pkg_config(prefix, *args):
    done = hs_test.run(["pkg-config", *args, "heapstrata"], env={"PKG_CONFIG_PATH": os.path.join(prefix, "lib", "pkgconfig")})
    return shlex.split(done.out.decode())


def compile_with(prefix, source, program, *flags):
    compiler = ["g++", "-std=c++17"] if source.endswith(".cc") else ["gcc", "-std=c11"]
    more = ["--static"] if "-static-libgcc" in flags else []
    return hs_test.run([*compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", *pkg_config(prefix, "--cflags"), "-o", program, source, *flags,
                        *pkg_config(prefix, "--libs", *more)], timeout=300)


def case_programs(tap, prefix, trace):
    stat = hs_test.cli_json("stat", trace)[1]
    report = hs_test.cli_json("report", "--limit", "0", trace)[1] or {}
    env = {"LD_LIBRARY_PATH": os.path.join(prefix, "lib")}
    done = compile_with(prefix, os.path.join(HERE, "count.c"), path("count"))
    tap.check("a C program builds against what was installed", done.status == 0, done.err)
    done = hs_test.run([path("count"), trace], env=env)
    words = done.out.decode().split()
    tap.check("... and counts what stat counts", words[:1] == [str(stat["allocs"])] and words[2:] == ["ALLOC"], (words, stat["allocs"], done.err))
    tap.check("... and says what is wrong", hs_test.run([path("count"), "/nonexistent"], env=env).status == 2)
    done = compile_with(prefix, os.path.join(HERE, "lines.cc"), path("lines"))
    tap.check("a C++ program builds against what was installed", done.status == 0, done.err)
    done = hs_test.run([path("lines"), trace, path("copy.hst")], env=env)
    lines = dict(line.rsplit(" ", 1) for line in done.out.decode().splitlines())
    tap.check("... copies the trace, and finds its lines", done.status == 0 and int(lines.get("work.py:2", 0)) > 20 * 100
              and hs_test.cli_json("stat", path("copy.hst"))[1]["allocs"] == stat["allocs"], (lines, done.err, report.keys()))
    static = compile_with(prefix, os.path.join(HERE, "count.c"), path("static"), "-static-libgcc", "-L" + os.path.join(prefix, "lib"), "-Wl,-Bstatic",
                          "-lheapstrata", "-Wl,-Bdynamic", "-lzstd")
    tap.check("the static library will do too", static.status == 0, static.err)


def declared(prefix):
    """Functions of the installed headers."""
    text = "".join(open(h, encoding="utf-8").read() for h in glob.glob(os.path.join(prefix, "include", "heapstrata", "*.h")))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    return set(re.findall(r"^(?!typedef)[a-z][\w *]*?\b(hs_\w+)\([^{]*?\);", text, flags=re.M)) - {"hs_block_granules"}


def case_surface(tap, prefix):
    headers = sorted(os.path.relpath(p, os.path.join(prefix, "include")) for p in
                     glob.glob(os.path.join(prefix, "include", "**"), recursive=True) if os.path.isfile(p))
    tap.check("the public headers are installed, no others", headers == ["heapstrata/" + h for h in
              ("each.h", "heapstrata.h", "reader.h", "record.h", "records.def", "writer.h")], headers)
    for header in (h for h in headers if h.endswith(".h")):
        for compiler in (["gcc", "-std=c11", "-xc"], ["g++", "-std=c++11", "-xc++"]):
            source = os.path.join(hs_test.scratch(), "alone.c")
            with open(source, "w", encoding="utf-8") as f:  # a header may have macros alone
                f.write('#include "%s"\ntypedef int something;\n' % os.path.join(prefix, "include", header))
            done = hs_test.run([*compiler, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", source])
            tap.check("%s stands alone, by its path, for %s" % (header, compiler[0]), done.status == 0, done.err)
    library = os.path.join(prefix, "lib", "libheapstrata.so")
    exported = {line.split()[-1] for line in hs_test.run(["nm", "-D", "--defined-only", library]).out.decode().splitlines()}
    tap.check("the shared library exports what they declare, no more and no less", exported == declared(prefix), exported ^ declared(prefix))


FAKE = """#!/bin/sh
for word; do case " $LACKS " in *" $word "*) exit 1 ;; esac; done
exec %s "$@"
"""


def case_libraries(tap):
    """A machine on which pkg-config does not know a library."""
    folder = path("bin")
    os.makedirs(folder)
    with open(os.path.join(folder, "pkg-config"), "w", encoding="utf-8") as f:
        f.write(FAKE % shutil.which("pkg-config"))
    os.chmod(os.path.join(folder, "pkg-config"), 0o755)
    env = {"PATH": folder + ":" + os.environ["PATH"]}
    build = path("build")
    os.makedirs(build)
    for name in ("build", "firmware"):
        open(os.path.join(build, "deps." + name), "w", encoding="utf-8").close()
    target = os.path.join(build, "libraries")

    def libraries(lacks):
        return subprocess.run(["make", "-s", "-C", hs_test.ROOT, "B=" + build, "-o", os.path.join(build, "deps.build"), target], capture_output=True,
                              text=True, env={**os.environ, **CALM, **env, "LACKS": lacks})
    for lacks, package, define in (("ncursesw", "libncurses-dev", "NCURSES"), ("cairo", "libcairo2-dev", "CAIRO"), ("babeltrace2", "libbabeltrace2-dev",
                                   "BABELTRACE2"), ("sqlite3", "libsqlite3-dev", "SQLITE3"), ("libprotobuf-c", "libprotobuf-c-dev", "PROTOBUF")):
        done = libraries(lacks)
        text = open(target, encoding="utf-8").read() if os.path.exists(target) else ""
        tap.check("without %s the build goes on, and says so" % lacks, done.returncode == 0 and package in done.stdout
                  and "-DHS_WITHOUT_%s\n" % define in text and text.count("WITHOUT") == 1 and lacks.replace("lib", "") not in text.split("\n")[0],
                  (done, text))
    done = libraries("")
    tap.check("with all of them nothing is left out", done.returncode == 0 and "WITHOUT" not in open(target, encoding="utf-8").read(), done)
    for lacks, package in (("libzstd", "libzstd-dev"), ("libdw", "libdw-dev"), ("libelf", "libelf-dev"), ("json-c", "libjson-c-dev"), ("zlib", "zlib1g-dev")):
        done = libraries(lacks)
        tap.check("without %s it stops, and names it" % lacks, done.returncode != 0 and package in done.stderr, done)


def main():
    tap = hs_test.Tap()
    if "san-" in hs_test.BUILD:
        tap.skip("the C API as it is installed", "not with sanitizers")
        tap.finish()
    case_libraries(tap)
    prefix = path("stage", "opt", "heapstrata")
    done = make("install", "DESTDIR=" + path("stage"), "PREFIX=/opt/heapstrata")
    tap.check("make install", done.status == 0, (done.out + done.err)[-2000:])
    script, trace = path("work.py"), path("trace.hst")
    with open(script, "w", encoding="utf-8") as f:
        f.write("# code that stands in line 1 has no line\nx = [bytearray(100) for i in range(20)]\n")
    hs_test.run_firmware("unix64", ["work.py"], trace=trace, cwd=hs_test.scratch())
    for case in (lambda: case_programs(tap, prefix, trace), lambda: case_surface(tap, prefix)):
        try:
            case()
        except Exception as problem:  # a broken case must not hide the others
            tap.check("a case", False, repr(problem))
    tap.finish()


if __name__ == "__main__":
    main()
