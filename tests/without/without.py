# SPDX-License-Identifier: MIT
"""A build without all that may be left out (make WITHOUT=...) says what the full one says, or which part it lacks. The static build
does the same in a folder that has nothing else (chroot), and the one by POSIX alone, which also records on a board. HS_SOAK: builds by
make WITHOUT=..., `make static` and `make posix` are made and tried too."""
import glob
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test  # noqa: E402
import qemu_mp  # noqa: E402
from hs_same import case_sources  # noqa: E402

LEAST = os.path.join(hs_test.BUILD, "variants", "heapstrata-least")
STATIC = os.path.join(hs_test.BUILD, "static", "heapstrata")
POSIX = os.path.join(hs_test.BUILD, "posix", "heapstrata")
SOAK = os.environ.get("HS_SOAK")
LANGUAGE = {"LANG": "C.UTF-8", "LC_ALL": "", "LC_CTYPE": ""}
COMMANDS = ("doctor", "doctor --json", "stat", "report", "report --json", "timeline --csv", "map", "blame", "dump --json",
            "export --format jsonl")
PROGRAM = os.path.join(hs_test.ROOT, "tests", "cli", "programs", "fragment.py")


def inputs():
    corpus = sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "fuzz", "corpus", "fuzz_text", "*")))[:6]
    return corpus + sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "*", "*.hst")))[:2]


def record(folder):
    """A trace of a firmware that is then gone: no program finds its names by itself."""
    copy, trace = os.path.join(folder, "firmware"), os.path.join(folder, "fragment.hst")
    shutil.copy(hs_test.firmware("unix64"), copy)
    hs_test.run([copy, "-X", "heapsize=128k", PROGRAM], env={"HOME": "/", "HEAPSTRATA_OUT": trace})
    os.unlink(copy)
    return trace


def run(program, args, cwd):
    done = hs_test.run([program] + args, cwd=cwd, env=LANGUAGE)
    return done.status, done.out, done.err


def case_same(tap, folder):
    differ = []
    found = inputs()
    for path in found:
        for command in COMMANDS:
            args = command.split() + [path]
            if run(LEAST, args, folder) != run(hs_test.CLI, args, folder):
                differ.append(" ".join(args))
    tap.check("without all parts: %d outputs are those of the full program" % (len(found) * len(COMMANDS)), len(found) > 3 and not differ, differ)


def case_missing(tap, folder, trace):
    for args, said in ((["record", "x"], "this build cannot record"), (["top", "x"], "this build has no top"),
                       (["export", "--format", "sqlite", "-o", "out", trace], "sqlite"), (["export", "--format", "pprof", "-o", "out", trace], "protobuf"),
                       (["map", "--png", "out", trace], "cairo"), (["export", "--format", "ctf", "-o", "out", trace], "babeltrace2")):
        status, _, err = run(LEAST, args, folder)
        tap.check("without its part: heapstrata " + " ".join(args[:3]), status == 2 and said in err.decode(), (status, err))
    tap.check("... and leaves no file", not os.path.exists(os.path.join(folder, "out")))


def native_names(text):
    """Of a report by native places: their functions, without the lines of their files."""
    return [re.sub(r"[\w./<>-]+:\d+ ", "", row["native"]) for row in json.loads(text)["rows"]]


def case_names(tap, folder, trace):
    args = ["report", "-s", "native", "--json", "--elf", hs_test.firmware("unix64"), trace]
    ours, theirs = run(LEAST, args, folder), run(hs_test.CLI, args, folder)
    a, b = native_names(ours[1]), native_names(theirs[1])
    tap.check("without elfutils: names of native functions", sorted(a) == sorted(b) and any(n.isidentifier() for n in a), (a, b))
    tap.check("... without lines, as it says", b"no lines: this build lacks elfutils" in ours[2] and not theirs[2], (ours[2], theirs[2]))


def case_make(tap):
    wrong = hs_test.run(["make", "-C", hs_test.ROOT, "-n", "WITHOUT=CAIRO NOSUCH"])
    tap.check("make WITHOUT=NOSUCH is refused", wrong.status != 0 and b"not NOSUCH" in wrong.err, (wrong.status, wrong.err))
    if not SOAK:
        return tap.skip("make WITHOUT='ELFUTILS RECORD'", "make soak tries it")
    program = os.path.join("build", "without-ELFUTILS-RECORD", "heapstrata")
    made = hs_test.run(["make", "-C", hs_test.ROOT, "WITHOUT=RECORD ELFUTILS", program], timeout=3000)
    linked = hs_test.run(["ldd", os.path.join(hs_test.ROOT, program)]).out
    tap.check("make WITHOUT='ELFUTILS RECORD'", made.status == 0 and b"libcairo" in linked and b"libdw" not in linked, (made.out, made.err, linked))


def case_static(tap, folder, trace):
    if not SOAK:
        return tap.skip("the static program", "make soak makes and tries it")
    made = hs_test.run(["make", "-C", hs_test.ROOT, "static"], timeout=3000)
    if not tap.check("make static", made.status == 0 and os.path.exists(STATIC), (made.out, made.err)):
        return None
    root = os.path.join(folder, "root")
    os.makedirs(root)
    shutil.copy(STATIC, os.path.join(root, "heapstrata"))
    shutil.copy(trace, root)
    enter = ["chroot", root] if os.getuid() == 0 else ["unshare", "-r", "chroot", root]
    if hs_test.run(enter + ["/heapstrata", "--version"]).status != 0:
        return tap.skip("the static program", "this machine allows no chroot")
    differ = []
    for command in COMMANDS + ("html -o page.html",):
        args = command.split() + ["fragment.hst"]
        if run(enter[0], enter[1:] + ["/heapstrata"] + args, folder)[:2] != run(hs_test.CLI, args, folder)[:2]:
            differ.append(command)
    pages = [open(os.path.join(f, "page.html"), "rb").read() for f in (root, folder)]
    return tap.check("the static program, alone in its folder: %d outputs are those of the full program" % (len(COMMANDS) + 2),
                     not differ and pages[0] == pages[1], differ)


def case_posix(tap, folder, trace):
    if not SOAK:
        return tap.skip("the program by POSIX alone", "make soak makes and tries it")
    made = hs_test.run(["make", "-C", hs_test.ROOT, "posix"], timeout=3000)
    if not tap.check("make posix", made.status == 0 and os.path.exists(POSIX), (made.out, made.err)):
        return None
    jobs = [command.split() + [path] for path in inputs() + [trace] for command in COMMANDS]
    differ = [args for args in jobs if run(POSIX, args, folder) != run(hs_test.CLI, args, folder)]
    tap.check("the program by POSIX alone: %d outputs are those of the full program" % len(jobs), not differ, differ)
    script, recorded = os.path.join(folder, "keep.py"), os.path.join(folder, "board.hst")
    with open(script, "w", encoding="utf-8") as out:
        out.write("keep = [bytearray(300) for i in range(20)]\nprint('kept', len(keep))\n")
    with qemu_mp.QemuPty(hs_test.firmware(hs_test.QEMU)) as board:
        done = hs_test.run([POSIX, "record", "--serial", board.name, "--level", "full", "-o", recorded, script], timeout=300)
    dumped = hs_test.cli("dump", recorded) if os.path.exists(recorded) else None
    return tap.check("... and it records on a board", done.status == 0 and b"kept 20" in done.out and dumped and dumped.out.decode().count("keep.py") >= 20,
                     (done.status, done.out, done.err))


def main():
    tap = hs_test.Tap()
    folder = os.path.join(hs_test.scratch(), "work")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    trace = record(folder)
    tap.check("a program was recorded", os.path.exists(trace))
    case_same(tap, folder)
    case_missing(tap, folder, trace)
    case_names(tap, folder, trace)
    case_make(tap)
    case_static(tap, folder, trace)
    case_posix(tap, folder, trace)
    case_sources(tap, [LEAST] + [program for program in (STATIC, POSIX) if SOAK])
    tap.finish()


main()
