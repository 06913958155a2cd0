# SPDX-License-Identifier: MIT
"""The program for WebAssembly under Node against the native one: every command's status, output, messages and files, byte for byte,
on the traces and texts of the tests and on traces that are recorded here. Then the npm package, installed from its archive without a
network. HS_SOAK: also a trace of 15 million events."""
import base64
import glob
import json
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(hs_test.BUILD, "wasm", "package")
PROGRAMS = os.path.join(hs_test.ROOT, "tests", "cli", "programs")
SOAK = os.environ.get("HS_SOAK")

# The inputs of every kind that are in the repository are read by these.
SHORT = (["doctor"], ["doctor", "--json"], ["stat"], ["report", "--json"], ["timeline"], ["map"], ["dump", "--json"])
# A few traces are read by all of them. FILE is written beside.
LONG = (["stat", "--json"], ["report"], ["report", "--csv"], ["report", "--peak", "--sort", "line"], ["annotate"], ["phases"], ["phases", "--json"],
        ["blame"], ["blame", "--json"], ["map", "--at", "50%"], ["timeline", "--csv"], ["marks"], ["leaks"], ["leaks", "--json"], ["resets"], ["regions"], ["regions", "--json"], ["pools"], ["retained"], ["globals"], ["whatif"],
        ["whatif", "--json"], ["dump"], ["export", "--format", "jsonl"], ["export", "--format", "csv"], ["export", "--format", "folded"],
        ["export", "--format", "speedscope"], ["export", "--format", "massif"], ["html", "-o", "page.html"], ["import", "-o", "again.hst"])
# Without an input: help, usage, messages.
NONE = [["help"], ["--version"], [], ["rpeort"], ["stat", "none.hst"], ["stat", "--foo"], ["map", "--he"], ["compare", "a"]]


def programs():
    return [os.path.basename(p)[:-3] for p in sorted(glob.glob(PROGRAMS + "/*.py"))]


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


def run_wasm(folder, jobs):
    listed = os.path.join(hs_test.scratch(), "jobs.json")
    with open(listed, "w", encoding="utf-8") as out:
        json.dump(jobs, out)
    done = hs_test.run(["node", os.path.join(HERE, "jobs.mjs"), PACKAGE, listed, folder], cwd=folder, timeout=1800)
    lines = [json.loads(line) for line in done.out.splitlines()]
    return [(status, base64.b64decode(out), base64.b64decode(err)) for status, out, err in lines], done.err.decode(errors="replace")


def run_native(folder, args):
    done = hs_test.run([hs_test.CLI] + args, cwd=folder, timeout=600, env={"LANG": "C.UTF-8", "LC_ALL": "", "LC_CTYPE": "", "TMPDIR": folder})
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


def compare(tap, title, jobs):
    """All jobs by both programs, each in a folder of its own, and the files that they leave."""
    wasm, native = (os.path.join(hs_test.scratch(), kind) for kind in ("wasm", "native"))
    for folder in (wasm, native):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    ours, err = run_wasm(wasm, jobs)
    wrong = [] if len(ours) == len(jobs) else ["%d of %d ran: %s" % (len(ours), len(jobs), err)]
    for args, seen in zip(jobs, ours):
        seen = (seen[0], seen[1].replace(wasm.encode(), native.encode()), seen[2].replace(wasm.encode(), native.encode()))
        what = difference(seen, run_native(native, args))
        if what:
            wrong.append("heapstrata %s: %s" % (" ".join(args), what))
    tap.check("%s: %d outputs are those of the native program" % (title, len(jobs)), not wrong, "\n".join(wrong[:20]))
    a, b = files_in(wasm), files_in(native)
    tap.check("%s: the same files" % title, a == b, sorted(n for n in a.keys() | b.keys() if a.get(n) != b.get(n)))


def inputs():
    corpus = sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "fuzz", "corpus", "*", "*")))
    return corpus + sorted(glob.glob(os.path.join(hs_test.ROOT, "tests", "*", "*.hst")))


def case_commands(tap):
    help_of = [["help", name] for name in re.findall(r"^  ([a-z]+) ", hs_test.cli("help").out.decode(), re.M) if name not in ("record", "top")]
    compare(tap, "help and messages", NONE + help_of)
    found = inputs()
    tap.check("there are inputs of all kinds", len(found) > 20, found)
    compare(tap, "inputs of the tests", [command + [path] for path in found for command in SHORT])


def case_traces(tap):
    traces = record(hs_test.scratch())
    tap.check("programs were recorded", len(traces) >= 2, traces)
    for name, path in traces.items():
        compare(tap, name, [command + [path] for command in LONG + SHORT])
    paths = list(traces.values())
    compare(tap, "two traces", [["compare"] + paths[:2], ["compare", "--json"] + paths[:2], ["html", "-o", "two.html"] + paths[:2], ["why", paths[0], "0"]])


def case_many(tap):
    trace = many_events(hs_test.scratch(), 15000000 if SOAK else 400000)
    events = json.loads(hs_test.cli("stat", "--json", trace, timeout=600).out)
    tap.note("%s" % {k: events[k] for k in events if isinstance(events[k], int)})
    compare(tap, "many events", [["stat", trace], ["doctor", trace], ["report", "--json", trace], ["timeline", trace]])


def case_missing(tap):
    """What a build lacks is said by the command that needs it."""
    trace = os.path.join(hs_test.scratch(), "fragment-unix64.hst")
    jobs = [(["record", "x"], "this build cannot record here"), (["record", "--serial", "/dev/ttyACM0", "x"], "reaches only the port"), (["top", "x"], "this build cannot record or watch"),
            (["export", "--format", "sqlite", "-o", "x.db", trace], "sqlite"), (["export", "--format", "pprof", "-o", "x.pb", trace], "protobuf"),
            (["map", "--png", "x.png", trace], "cairo"), (["map", "--svg", "x.svg", trace], "cairo")]
    folder = os.path.join(hs_test.scratch(), "missing")
    os.makedirs(folder, exist_ok=True)
    seen, _ = run_wasm(folder, [args for args, _ in jobs])
    for (args, said), (status, _, err) in zip(jobs, seen):
        tap.check("without what it needs: " + " ".join(args[:3]), status == 2 and said in err.decode(), (status, err))
    tap.check("... and leaves no file", not os.listdir(folder), os.listdir(folder))


def case_names(tap):
    """Names from an ELF file: those of the native program, without lines."""
    trace, elf = os.path.join(hs_test.scratch(), "fragment-unix64.hst"), hs_test.firmware("unix64")
    folder = os.path.join(hs_test.scratch(), "names")
    os.makedirs(folder, exist_ok=True)
    args = ["report", "-s", "native", "--json", "--elf", elf, trace]
    seen, _ = run_wasm(folder, [args, ["report", "--elf", __file__, trace]])
    names = [sorted(re.sub(r"[\w./<>-]+:\d+ ", "", row["native"]) for row in json.loads(out)["rows"]) for out in (seen[0][1], run_native(folder, args)[1])]
    tap.check("names of native functions are those of the native program", any(n.isidentifier() for n in names[0]) and names[0] == names[1], names)
    tap.check("... without lines, as it says", b"warning: native functions have names, but no lines" in seen[0][2], seen[0][2])
    tap.check("another file is refused in the same words", seen[1][0] == 2 and b"not an ELF file" in seen[1][2], seen[1])


def case_package(tap):
    """Installed from its archive, as npx does it, and used as a program and as a library."""
    folder = os.path.join(hs_test.scratch(), "installed")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    archive = glob.glob(os.path.join(hs_test.BUILD, "wasm", "heapstrata-*.tgz"))
    tap.check("there is one archive", len(archive) == 1, archive)
    done = hs_test.run(["npm", "install", "--offline", "--no-audit", "--no-fund", "--prefix", folder] + archive, cwd=folder, timeout=300)
    program = os.path.join(folder, "node_modules", ".bin", "heapstrata")
    tap.check("npm installs it without a network", done.status == 0 and os.path.exists(program), (done.out, done.err))
    text = next(p for p in inputs() if "fuzz_text" in p)
    for args in (["--version"], ["help", "doctor"], ["doctor", text], ["stat", "none"]):
        ours = hs_test.run([program] + args, cwd=folder, env={"LANG": "C.UTF-8"})
        what = difference((ours.status, ours.out, ours.err), run_native(folder, args))
        tap.check("the program: heapstrata " + " ".join(os.path.basename(a) for a in args), not what, what)
    with open(text, "rb") as stdin:
        ours = hs_test.run([program, "doctor", "-"], cwd=folder, env={"LANG": "C.UTF-8"}, stdin=stdin)
    with open(text, "rb") as stdin:
        theirs = hs_test.run([hs_test.CLI, "doctor", "-"], cwd=folder, env={"LANG": "C.UTF-8"}, stdin=stdin)
    tap.check("the program: from standard input", (ours.status, ours.out) == (theirs.status, theirs.out), (ours.status, ours.err))
    use = os.path.join(folder, "use.mjs")
    with open(use, "w", encoding="utf-8") as out:
        out.write("import {readFileSync} from 'node:fs';\nimport {createRequire} from 'node:module';\nimport {compile, run} from 'heapstrata';\n"
                  "const wasm = createRequire(import.meta.url).resolve('heapstrata/heapstrata.wasm');\n"
                  "const done = run(await compile(readFileSync(wasm)), ['doctor', 'log'], {files: {log: readFileSync(process.argv[2])}});\n"
                  "process.stdout.write(done.output);\nprocess.exitCode = done.status;\n")
    ours, theirs = hs_test.run(["node", use, text], cwd=folder), run_native(folder, ["doctor", text])
    tap.check("the library: the same", (ours.status, ours.out) == (theirs[0], theirs[1].replace(text.encode(), b"log")), (ours.status, ours.out, ours.err, theirs))
    paths = "import {argumentToGuest as a, toGuest as g, toHost as h} from %s;\n" % json.dumps(os.path.join(PACKAGE, "files-node.mjs")) + \
        "console.log(JSON.stringify([a('C:\\\\x\\\\y.hst', true), a('--output=C:\\\\z.html', true), a('..\\\\log.txt', true), a('event:3', true), a('a b', true)," \
        " h('/C:/x', true), h('/C:', true), h('/x', false), g('C:\\\\', true)]))\n"
    with open(use, "w", encoding="utf-8") as out:
        out.write(paths)
    done = hs_test.run(["node", use], cwd=folder)
    tap.check("paths of Windows", done.out.decode().strip() == '["/C:/x/y.hst","--output=/C:/z.html","../log.txt","event:3","a b","C:/x","C:/","/x","/C:/"]',
              (done.out, done.err))


def main():
    tap = hs_test.Tap()
    if not os.path.exists(os.path.join(PACKAGE, "heapstrata.wasm")):
        tap.check("the program for WebAssembly is there: make wasm", False)
        tap.finish()
    for case in (case_commands, case_traces, case_many, case_missing, case_names, case_package):
        case(tap)
    tap.finish()


main()
