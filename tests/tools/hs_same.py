# SPDX-License-Identifier: MIT
"""Whether a program for another system says what the native one says: every command's status, output, messages and files, byte for
byte, on the traces and texts of the tests and on traces that are recorded here."""
import glob
import os
import re
import shutil

import hs_test

PROGRAMS = os.path.join(hs_test.ROOT, "tests", "cli", "programs")

# The inputs of every kind that are in the repository are read by these.
SHORT = (["doctor"], ["doctor", "--json"], ["stat"], ["report", "--json"], ["timeline"], ["map"], ["dump", "--json"])
# A few traces are read by all of them. FILE is written beside.
LONG = (["stat", "--json"], ["report"], ["report", "--csv"], ["report", "--peak", "--sort", "line"], ["annotate"], ["phases"], ["phases", "--json"],
        ["blame"], ["blame", "--json"], ["map", "--at", "50%"], ["timeline", "--csv"], ["marks"], ["leaks"], ["leaks", "--json"], ["resets"], ["regions"], ["regions", "--json"], ["pools"], ["retained"], ["globals"], ["whatif"],
        ["whatif", "--json"], ["dump"], ["export", "--format", "jsonl"], ["export", "--format", "csv"], ["export", "--format", "folded"],
        ["export", "--format", "speedscope"], ["export", "--format", "massif"], ["html", "-o", "page.html"], ["import", "-o", "again.hst"])
# Without an input: help, usage, messages.
NONE = [["help"], ["--version"], [], ["rpeort"], ["stat", "none.hst"], ["stat", "--foo"], ["map", "--he"], ["compare", "a"]]


def run_copy(firmware, args, trace, timeout=60):
    """Runs a copy of a firmware that is then removed: both programs find no names of native functions."""
    copy = os.path.join(hs_test.scratch(), "firmware")
    shutil.copy(hs_test.firmware(firmware), copy)
    hs_test.run([copy] + args, env={"HOME": "/", "HEAPSTRATA_OUT": trace}, cwd=PROGRAMS, timeout=timeout)
    os.unlink(copy)


def record(folder):
    """Traces of some of the programs of tests/cli, by name."""
    found = {}
    for name, firmware in (("fragment", "unix64"), ("marks", "unix64"), ("fragment", "unix32")):
        path = os.path.join(folder, "%s-%s.hst" % (name, firmware))
        run_copy(firmware, ["-X", "heapsize=128k", name + ".py"], path)
        if os.path.exists(path):
            found["%s on %s" % (name, firmware)] = path
    return found


def many_events(folder, events):
    """A trace of about so many events: a program that drops blocks, with sizes from a seed."""
    script, trace = os.path.join(folder, "many.py"), os.path.join(folder, "many.hst")
    with open(script, "w", encoding="utf-8") as out:
        out.write("n = 12345\nkeep = [None] * 64\nfor i in range(%d):\n"
                  "    n = (n * 1103515245 + 12345) & 0x3fffffff\n    keep[n >> 8 & 63] = bytearray((n >> 16) %% 200)\n" % (events // 4))
    run_copy("unix64", ["-X", "heapsize=256k", script], trace, 600)
    return trace


def run_native(folder, args):
    done = hs_test.run([hs_test.NATIVE] + args, cwd=folder, timeout=600, env={"LANG": "C.UTF-8", "LC_ALL": "", "LC_CTYPE": "", "TMPDIR": folder})
    return done.status, done.out, done.err


def files_in(folder):
    found = {}
    for path in glob.glob(folder + "/*"):
        with open(path, "rb") as f:
            found[os.path.basename(path)] = f.read()
    return found


def difference(ours, theirs):
    if ours[0] != theirs[0]:
        return "status %s instead of %s: %s" % (ours[0], theirs[0], ours[2][:500])
    for name, a, b in (("output", ours[1], theirs[1]), ("messages", ours[2], theirs[2])):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            return "%s, from byte %d: %r instead of %r" % (name, at, a[max(0, at - 60):at + 60], b[max(0, at - 60):at + 60])
    return ""


def compare(tap, title, jobs, run_other):
    """All jobs by both programs, each in a folder of its own, and the files that they leave. run_other(folder, jobs) returns a list of
    status, output and messages, and what to say when that is too short."""
    other, native = (os.path.join(hs_test.scratch(), kind) for kind in ("other", "native"))
    for folder in (other, native):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    ours, err = run_other(other, jobs)
    wrong = [] if len(ours) == len(jobs) else ["%d of %d ran: %s" % (len(ours), len(jobs), err)]
    for args, seen in zip(jobs, ours):
        seen = (seen[0], seen[1].replace(other.encode(), native.encode()), seen[2].replace(other.encode(), native.encode()))
        what = difference(seen, run_native(native, args))
        if what:
            wrong.append("heapstrata %s: %s" % (" ".join(args), what))
    tap.check("%s: %d outputs are those of the native program" % (title, len(jobs)), not wrong, "\n".join(wrong[:20]))
    a, b = files_in(other), files_in(native)
    tap.check("%s: the same files" % title, a == b, sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n)))


def reader_that_ends(program, trace):
    """Whether the program ends without a word when what it prints is not read to its end; and what was seen."""
    status = os.path.join(hs_test.scratch(), "status")
    done = hs_test.run(["sh", "-c", '{ "$@"; echo $? >"$0"; } | head -1', status, *program, "dump", trace], env={"LANG": "C.UTF-8"})
    with open(status, encoding="ascii") as f:
        ended = int(f.read())
    return done.out.count(b"\n") == 1 and not done.err and ended not in (0, 1), (ended, done.out, done.err)


def inputs():
    corpus = sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "fuzz", "corpus", "*", "*")))
    return corpus + sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "*", "*.hst")))


def help_of_all():
    """Those of the commands that every build has in the same words."""
    return [["help", name] for name in re.findall(r"^  ([a-z]+) ", hs_test.cli("help").out.decode(), re.M) if name not in ("record", "top")]


def case_sources(tap, programs):
    """`record` notes for the user where a trace's sources are. Every program finds them by that as the native one does, and shows no others."""
    folder = os.path.join(hs_test.scratch(), "noted")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    script, trace = os.path.join(folder, "keep.py"), os.path.join(folder, "noted.hst")
    with open(script, "w", encoding="utf-8") as out:
        out.write("keep = []\nwhile True:\n    keep.append(bytearray(100))\n")
    env = {"XDG_STATE_HOME": os.path.join(folder, "state"), "LANG": "C.UTF-8", "LC_ALL": ""}
    hs_test.run([hs_test.NATIVE, "record", "-q", "-o", trace, hs_test.firmware("unix64"), "-X", "heapsize=128k", script], env=env)
    for what in ("the sources that were noted", "... not by a key that others can read"):
        for args in (["doctor", trace], ["annotate", trace]):
            native, *seen = [hs_test.run([program] + args, env=env) for program in [hs_test.NATIVE] + programs]
            shown = b"keep.append(bytearray(100))" in native.out
            tap.check("%s: %s" % (what, args[0]), shown == (what[0] == "t") and all((s.status, s.out) == (native.status, native.out) for s in seen),
                      [s.out.decode() for s in [native] + seen])
        os.chmod(os.path.join(folder, "state", "heapstrata", "key"), 0o644)
