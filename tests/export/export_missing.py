# SPDX-License-Identifier: MIT
"""A build on a machine that lacks a library: all else works, and the command says what is missing."""
import glob
import os
import shlex
import subprocess

import hs_test

LIBRARIES = {"BABELTRACE2": ("ctf", "libbabeltrace2-dev"), "SQLITE3": ("sqlite", "libsqlite3-dev"),
             "PROTOBUF": ("pprof", "libprotobuf-c-dev")}


PICTURES = {"CAIRO": "libcairo2-dev", "NCURSES": "libncurses-dev"}


def build(without):
    """The CLI, what uses the libraries compiled as if they were not there, and linked without them."""
    folder = os.path.join(hs_test.scratch(), "without")
    os.makedirs(folder, exist_ok=True)
    flags = ["gcc", "-std=c11", "-O1", "-I.", "-Ibuild/gen", "-D_GNU_SOURCE=", '-DHS_VERSION="0"'] + ["-DHS_WITHOUT_" + w for w in without]
    objects = []
    sources = glob.glob(os.path.join(hs_test.ROOT, "analysis/export/*.c"))
    sources += glob.glob(os.path.join(hs_test.ROOT, "analysis/babeltrace2/*.c"))
    sources += [os.path.join(hs_test.ROOT, "analysis", name) for name in ("draw/canvas.c", "draw/screen.c")]
    for source in sorted(sources):
        objects.append(os.path.join(folder, os.path.basename(source) + ".o"))
        subprocess.run(flags + ["-c", "-o", objects[-1], os.path.relpath(source, hs_test.ROOT)], cwd=hs_test.ROOT, check=True)
    program = os.path.join(folder, "heapstrata")
    rest = [os.path.join(hs_test.BUILD, f) for f in ("obj/analysis/cmd/main.o", "libanalysis.a", "libheapstrata.a")]
    subprocess.run(["gcc", "-o", program] + rest[:1] + objects + rest[1:] +
                   shlex.split("-ldw -lelf -ljson-c -lm -lz -lzstd"), check=True)
    return program


def case_missing(bench):
    if "san-" in hs_test.BUILD:
        bench.tap.skip("a build without libraries", "not with sanitizers")
        return
    program = build([*LIBRARIES, *PICTURES])
    trace = bench.trace()
    listed = hs_test.run([program, "export", "--list"]).out.decode()
    for form, package in LIBRARIES.values():
        line = [x for x in listed.splitlines() if x.split()[0] == form]
        bench.check("without its library %s is listed with what is missing" % form, line and package in line[0], listed)
        out = bench.path("missing")
        done = hs_test.run([program, "export", "-f", form, "-o", out, trace])
        bench.check("without its library %s: status 2, and what to install" % form, done.status == 2 and
                    package.encode() in done.err and not os.path.exists(out), done.err)
    folder, _ = bench.export("ctf", trace, "missing-ctf")
    for command in (["stat", folder], ["import", folder, "-o", bench.path("missing.hst")]):
        done = hs_test.run([program] + command)
        bench.check("without its library a CTF folder: %s ends with 2, and says what to install" % command[0], done.status == 2 and
                    b"libbabeltrace2-dev" in done.err and folder.encode() in done.err and not os.path.exists(bench.path("missing.hst")), done.err)
    done = hs_test.run([program, "export", "-f", "csv", trace])
    bench.check("the other formats are there", done.status == 0 and done.out == hs_test.cli("export", "-f", "csv", trace).out)
    no_pictures(bench, program, trace)


def no_pictures(bench, program, trace):
    for command in ("timeline", "map", "blame"):
        out = bench.path("missing.svg")
        done = hs_test.run([program, command, "--svg", out, trace])
        bench.check("without cairo %s draws nothing: status 2, and what to install" % command, done.status == 2 and
                    PICTURES["CAIRO"].encode() in done.err and not os.path.exists(out), done.err)
        done = hs_test.run([program, command, trace])
        bench.check("%s is there all the same" % command, done.status == 0 and done.out == hs_test.cli(command, trace).out, done.err)
    done = hs_test.run([program, "top", trace], env={"TERM": "xterm"})
    bench.check("without ncurses top has no screen: status 2, and what to install", done.status == 2 and
                PICTURES["NCURSES"].encode() in done.err, done.err)
    done = hs_test.run([program, "top", "--batch", "--json", trace])
    bench.check("top --batch is there all the same", done.status == 0 and b'"lines"' in done.out, done.err)
