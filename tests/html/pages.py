#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records traces, makes pages of them, tries the command's own ways to fail, and hands the pages to a browser."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

ELF = hs_test.firmware("unix64")
DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
MPY_CROSS = os.environ.get("HS_MPY_CROSS") or os.path.join(hs_test.MP, "mpy-cross", "mpy-cross")
MODULES = os.path.join(hs_test.ROOT, "build", "npm", "tests", "html", "node_modules")
MARKUP = "<img src=x onerror=hacked=1>"
tap = hs_test.Tap()


def path(name):
    return os.path.join(hs_test.scratch(), name)


def record(name, program, *args, heap="128k", cwd=HERE, env=None, ring=None):
    """Runs a program; returns the trace's path."""
    trace = path(name + ".hst")
    done = hs_test.run_firmware("unix64", ["-X", "heapsize=" + heap, program, *args], cwd=cwd, trace=None if ring else trace,
                                ring="%s:%s" % (trace, ring) if ring else None, env=env)
    if done.status is None or not os.path.exists(trace):
        tap.check("recorded " + name, False, done.out + done.err)
    return trace


def make_page(name, *args, status=0):
    page = path(name + ".html")
    done = hs_test.cli("html", "--elf", ELF, "-s", DEMO, "-s", HERE, "-s", path("hostile"), "-o", page, *args)
    if done.status != status or not os.path.exists(page):
        tap.check("page of " + name, False, "status %s: %s" % (done.status, done.err.decode()))
    return page


# ---- traces ----

def hostile_program(folder):
    """A program whose file, function, mark and source are markup. A function gets its name by a change in its .mpy."""
    os.makedirs(os.path.join(folder, "<"), exist_ok=True)
    marker, file_marker = "f" * len(MARKUP), "s" * 24 + ".py"
    with open(os.path.join(folder, file_marker), "w") as f:
        f.write("def %s():\n    return [bytearray(20) for i in range(3)]  # </script><script>hacked=3</script>\nkept = %s()\n" % (marker, marker))
    subprocess.run([MPY_CROSS, "-o", os.path.join(folder, "named.mpy"), file_marker], cwd=folder, check=True)
    with open(os.path.join(folder, "named.mpy"), "rb") as f:
        code = f.read()
    assert marker.encode() in code
    with open(os.path.join(folder, "named.mpy"), "wb") as f:
        f.write(code.replace(marker.encode(), MARKUP.encode()))
    name = os.path.join("<", "script><script>hacked=2<", )
    main = os.path.join(folder, "main.py")
    with open(main, "w") as f:
        f.write("import heapstrata, named\n"
                "heapstrata.mark('</script><script>hacked=4</script>')\n"
                "heapstrata.mark('quote \" \\' & \\x01\\x1b[31m \\u202e &lt;b&gt;')\n"
                "text = 'x = [bytearray(50) for i in range(9)]'\n"
                "exec(compile(text, %r, 'exec'))\n"
                "exec(compile(text, 'quote\"\\'&\\x07.py', 'exec'))\n"
                "heapstrata.mark('end')\n" % (name + "/script>.py"))
    return main


def make_areas(name, seed):
    """A trace of several areas, explicit places or not, with losses: what no firmware here makes."""
    program, trace, root = path("areas"), path(name + ".stream"), hs_test.ROOT
    built = subprocess.run(["gcc", "-std=c11", "-w", "-D_GNU_SOURCE=", "-I", root, "-I", os.path.join(hs_test.BUILD, "gen"), "-o", program,
                            os.path.join(HERE, "areas.c"), os.path.join(hs_test.BUILD, "libheapstrata.a"), "-lzstd"], capture_output=True, text=True)
    made = not built.returncode and not subprocess.run([program, trace, str(seed)]).returncode
    if not made:
        tap.check("a trace of several areas", False, built.stderr)
    return trace


def printed(name, longest):
    """Text of mem_info(), figures alone."""
    trace = path(name + ".txt")
    with open(trace, "w") as f:
        for used in (6192, 6384):
            f.write("GC: total: 111168, used: %d, free: %d\n No. of 1-blocks: 48, 2-blocks: 11, max blk sz: 264%s\n" % (used, 111168 - used, longest))
    return trace


def sampled_by_helper(name):
    """Text of three samples with maps: before HeapStrata's helper, which takes six granules, with it, and with more."""
    trace = path(name + ".txt")
    with open(trace, "w") as f:
        for line, cells in (("0 bare", "h=h"), ("10 start", "h=h.h==h=h"), ("20 mark more", "h=h.h==h=h.hh===h")):
            used = sum(c != "." for c in cells)
            f.write("\nHS:S %s\nGC: total: 2048, used: %d, free: %d\nGC memory layout; from 0x1000:\n" % (line, 16 * used, 2048 - 16 * used))
            f.write("00000: %s\n00400: %s\nHS:E\n" % (cells.ljust(64, "."), "." * 64))
    return trace


RENAMED = "def grow(n):\n    return [bytearray(i % 50) for i in range(n)]\n\n\nkept = grow(300)\n"


def renamed():
    """Two runs of a script that got another name and a line more."""
    os.makedirs(path("scripts"), exist_ok=True)
    for name, text in (("before.py", RENAMED), ("after.py", "# now with a comment\n" + RENAMED)):
        with open(os.path.join(path("scripts"), name), "w") as f:
            f.write(text)
    return {name: record("renamed-" + name, name + ".py", cwd=path("scripts"), env={"HEAPSTRATA_STACKS": "1"}) for name in ("before", "after")}


def record_all():
    traces = {
        "demo": record("demo", "logger.py", heap="68k", cwd=DEMO),
        "marked": record("marked", "marked.py", heap="96k", env={"HEAPSTRATA_STACKS": "1"}),
        "more": record("more", "marked.py", "more", heap="96k", env={"HEAPSTRATA_STACKS": "1"}),
        "sampled": record("sampled", "busy.py", "500", heap="512k", env={"HEAPSTRATA_LEVEL": "sampled:512"}),
        "million": record("million", "busy.py", "17500", heap="512k", env={"HEAPSTRATA_STACKS": "1"}),
        "ring": record("ring", "busy.py", "400", heap="512k", ring="16384"),
        "explicit": make_areas("explicit", 2),
        "implied": make_areas("implied", 3),
        "summary": record("summary", "busy.py", "500", heap="512k", env={"HEAPSTRATA_LEVEL": "summary"}),
        "text": printed("text", ""),
        "helper": sampled_by_helper("helper"),
        "run": printed("run", ", max free sz: 5000"),
        "long": record("long", os.path.join(DEMO, "logger.py"), heap="68k"), # its modules have long paths
        **renamed(),
        "hostile": record("hostile", hostile_program(path("hostile")), cwd=path("hostile")),
    }
    record("ring", "busy.py", "300", heap="512k", ring="16384")  # another boot goes on in the same ring
    return traces


def make_pages(traces):
    pages = {name: make_page(name, "--source", HERE, "--source", DEMO, "--source", path("hostile"), trace)
             for name, trace in traces.items()}
    pages["thin"] = make_page("thin", "--steps", "60000", traces["million"])
    pages["renamed"] = make_page("renamed", "--source", path("scripts"), traces["before"], traces["after"])
    pages["both"] = make_page("both", traces["marked"], traces["more"])
    return pages


# ---- the command ----

def check_command(traces):
    done = hs_test.cli("html", "--help")
    tap.check("--help has examples", done.status == 0 and b"Examples:" in done.out and b"-o my.html" in done.out, done.out)
    done = hs_test.cli("html", path("absent.hst"), "-o", path("absent.html"))
    tap.check("a missing trace is an error, and no page is made", done.status == 2 and b"absent.hst" in done.err and
              not os.path.exists(path("absent.html")), done.err)
    done = hs_test.cli("html", traces["demo"], "-o", path("no/such/folder.html"))
    tap.check("a page that cannot be made is an error", done.status == 2 and b"folder.html" in done.err, done.err)
    done = hs_test.cli("html", traces["demo"], traces["marked"], traces["more"], "-o", path("three.html"))
    tap.check("three traces are too many", done.status == 2 and not os.path.exists(path("three.html")), done.err)
    with open(traces["demo"], "rb") as f:
        piped = hs_test.cli("html", "-", "-o", "-", stdin=f)
    tap.check("from standard input to standard output", piped.status == 0 and piped.out.startswith(b"<!doctype html>"), piped.err)
    with open(traces["million"], "rb") as f:
        cut = f.read()[:-90000]
    with open(path("cut.hst"), "wb") as f:
        f.write(cut)
    done = hs_test.cli("html", path("cut.hst"), "-o", path("cut.html"))
    tap.check("of a damaged trace what is left is shown, with status 2", done.status == 2 and os.path.getsize(path("cut.html")) > 100000, done.err)
    with open(path("empty.hst"), "wb"):
        pass
    done = hs_test.cli("html", path("empty.hst"), "-o", path("empty.html"))
    tap.check("an empty file is an error", done.status == 2 and not os.path.exists(path("empty.html")), done.err)


def check_repository():
    for lock in ("analysis/html/package-lock.json", "tests/html/package-lock.json"):
        with open(os.path.join(hs_test.ROOT, lock)) as f:
            text = f.read()
        tap.check(lock + " holds sums and no hosts", "sha512" in text and "resolved" not in text and "://" not in text)
    with open(os.path.join(hs_test.ROOT, "analysis/html/libraries")) as f:
        inside = {line.split()[0] for line in f if line.strip() and line[0] != "#"}
    with open(os.path.join(hs_test.ROOT, "docs/LICENCES.md")) as f:
        told = f.read()
    tap.check("docs/LICENCES.md names all that is inside a page", all("`%s`" % name in told for name in inside), inside)


def check_missing():
    """A build without the libraries says what is missing."""
    done = subprocess.run([os.path.join(hs_test.ROOT, "analysis/html/assemble"), path("nothing")], capture_output=True, text=True)
    tap.check("without the packages a page template says what is missing", done.returncode == 0 and
              '.missing = "d3-color' in done.stdout and "uplot" in done.stdout, done.stdout + done.stderr)


# ---- the browser ----

def browse(script, work):
    command = [shutil.which("node") or "node", script, json.dumps(work)]
    done = hs_test.run(command, env={"HS_CLI": hs_test.CLI, "HS_MODULES": MODULES}, timeout=600)
    name = os.path.basename(script)
    for line in done.out.decode(errors="replace").splitlines():
        match = re.match(r"(not )?ok - (.*)", line)
        if match:
            tap.check(match.group(2), not match.group(1), "")
        else:
            tap.note(line.removeprefix("# "))
    tap.check(name + " came to its end", done.status == 0, done.err.decode(errors="replace")[-2000:])


def main():
    traces = record_all()
    check_command(traces)
    check_repository()
    check_missing()
    pages = make_pages(traces)
    work = {"traces": traces, "pages": pages, "markup": MARKUP, "elf": ELF, "shots": hs_test.scratch()}
    for script in sorted(glob.glob(os.path.join(HERE, "in_*.mjs"))):
        browse(script, work)
    tap.finish()


main()
