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
from hs_same import LONG, NONE, SHORT, case_sources, compare, difference, help_of_all, inputs, many_events, reader_that_ends, record, run_native  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.join(hs_test.BUILD, "wasm", "package")
SOAK = os.environ.get("HS_SOAK")


def run_wasm(folder, jobs):
    listed = os.path.join(hs_test.scratch(), "jobs.json")
    with open(listed, "w", encoding="utf-8") as out:
        json.dump(jobs, out)
    done = hs_test.run(["node", os.path.join(HERE, "jobs.mjs"), PACKAGE, listed, folder], cwd=folder, timeout=1800)
    lines = [json.loads(line) for line in done.out.splitlines()]
    return [(status, base64.b64decode(out), base64.b64decode(err)) for status, out, err in lines], done.err.decode(errors="replace")


def case_commands(tap):
    compare(tap, "help and messages", NONE + help_of_all(), run_wasm)
    found = inputs()
    tap.check("there are inputs of all kinds", len(found) > 20, found)
    compare(tap, "inputs of the tests", [command + [path] for path in found for command in SHORT], run_wasm)


def case_traces(tap):
    traces = record(hs_test.scratch())
    tap.check("programs were recorded", len(traces) >= 2, traces)
    for name, path in traces.items():
        compare(tap, name, [command + [path] for command in LONG + SHORT], run_wasm)
    paths = list(traces.values())
    tap.check("a reader that ends early: no message", *reader_that_ends([os.path.join(PACKAGE, "cli.mjs")], paths[0]))
    compare(tap, "two traces", [["compare"] + paths[:2], ["compare", "--json"] + paths[:2], ["html", "-o", "two.html"] + paths[:2], ["why", paths[0], "0"]], run_wasm)


def case_many(tap):
    trace = many_events(hs_test.scratch(), 15000000 if SOAK else 400000)
    events = json.loads(hs_test.cli("stat", "--json", trace, timeout=600).out)
    tap.note("%s" % {k: events[k] for k in events if isinstance(events[k], int)})
    compare(tap, "many events", [["stat", trace], ["doctor", trace], ["report", "--json", trace], ["timeline", trace]], run_wasm)


def case_missing(tap):
    """What a build lacks is said by the command that needs it."""
    trace = os.path.join(hs_test.scratch(), "fragment-unix64.hst")
    jobs = [(["record", "x"], "this build cannot record here"), (["record", "--serial", "/dev/ttyACM0", "x"], "reaches only the port"), (["top", "x"], "this build has no top"),
            (["export", "--format", "sqlite", "-o", "x.db", trace], "sqlite"), (["export", "--format", "pprof", "-o", "x.pb", trace], "protobuf"),
            (["map", "--png", "x.png", trace], "cairo"), (["map", "--svg", "x.svg", trace], "cairo")]
    folder = os.path.join(hs_test.scratch(), "missing")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "x"), "w", encoding="utf-8") as script:
        script.write("1\n")
    seen, _ = run_wasm(folder, [args for args, _ in jobs])
    for (args, said), (status, _, err) in zip(jobs, seen):
        tap.check("without what it needs: " + " ".join(args[:3]), status == 2 and said in err.decode(), (status, err))
    tap.check("... and leaves no file", os.listdir(folder) == ["x"], os.listdir(folder))


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


# Suites that need no device: in `make test` those that need little time, in `make soak` all.
SUITES = (("known",), ("tracecompass",), ("files", "temporary", "pipes", "links", "modes"))
MORE = ("boots", "c-heap", "circuitpython", "cli", "const", "diagnosis", "doctor", "dumps", "export", "files", "format", "growth", "heaps", "html", "levels", "lines", "loss",
        "lwip", "meminfo", "oracle", "small", "stream", "threads", "whatif")


def case_suites(tap):
    """Other suites, with this program in place of the native one. Words choose cases of one."""
    for name, *words in SUITES + (tuple((m,) for m in MORE) if SOAK else ()):
        folder = os.path.join(hs_test.scratch(), name)
        os.makedirs(folder, exist_ok=True)
        done = hs_test.run([os.path.join(hs_test.ROOT, "tests", name, "run"), *words], timeout=7200,
                           env={"HS_PROGRAM": "wasm", "HS_CLI": os.path.join(PACKAGE, "cli.mjs"), "HS_TMP": folder})
        lines = done.out.decode(errors="replace").splitlines()
        wrong = [line for line in lines if line.startswith(("not ok", "#"))]
        skipped = sum("# SKIP" in line for line in lines)
        tap.check("the suite %s passes with it: %d checks, %d skipped" % (name, len(lines), skipped), done.status == 0 and len(lines) > 2,
                  "\n".join(wrong[-40:]) + done.err.decode(errors="replace")[-2000:])


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
        theirs = hs_test.run([hs_test.NATIVE, "doctor", "-"], cwd=folder, env={"LANG": "C.UTF-8"}, stdin=stdin)
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


def case_state(tap):
    """A state folder that cannot be looked at, as another user's or, here, a link to itself: nothing was noted."""
    folder = os.path.join(hs_test.scratch(), "state-of-nobody")
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(os.path.join(folder, "heapstrata")):
        os.symlink("heapstrata", os.path.join(folder, "heapstrata"))
    text = next(p for p in inputs() if "fuzz_text" in p)
    ours, theirs = (hs_test.run([program, "doctor", text], env={"XDG_STATE_HOME": folder, "LANG": "C.UTF-8"}) for program in
                    (os.path.join(PACKAGE, "cli.mjs"), hs_test.NATIVE))
    what = difference((ours.status, ours.out, ours.err), (theirs.status, theirs.out, theirs.err))
    tap.check("a state folder that cannot be looked at", not what, what)


def main():
    tap = hs_test.Tap()
    if not os.path.exists(os.path.join(PACKAGE, "heapstrata.wasm")):
        tap.check("the program for WebAssembly is there: make wasm", False)
        tap.finish()
    case_sources(tap, [os.path.join(PACKAGE, "cli.mjs")])
    for case in (case_commands, case_traces, case_many, case_missing, case_names, case_state, case_suites, case_package):
        case(tap)
    tap.finish()


main()
