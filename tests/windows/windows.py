# SPDX-License-Identifier: MIT
"""The program for Windows under wine against the native one: every command's status, output, messages and files, byte for byte. Then
what Windows has of its own: names with '\\', names that are not ASCII, files that are open, COM ports. HS_SOAK: all inputs of the
tests, and a trace of 15 million events."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test  # noqa: E402
import qemu_mp  # noqa: E402
from hs_same import LONG, NONE, SHORT, compare, difference, help_of_all, inputs, many_events, reader_that_ends, record, run_native  # noqa: E402

PROGRAM = os.path.join(hs_test.BUILD, "windows", "heapstrata.exe")
STARTER = os.path.join(hs_test.ROOT, "tests", "tools", "windows-heapstrata")
PREFIX = os.path.join(hs_test.BUILD, "wine")
SOAK = os.environ.get("HS_SOAK")
ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": ""}


def run_windows(folder, args, **more):
    done = hs_test.run([STARTER] + args, cwd=folder, env=ENVIRONMENT, timeout=600, **more)
    return done.status, done.out, done.err


def run_all(folder, jobs):
    """One at a time: without wineboot, the second of two that start at the same time would wait for the first one's."""
    return [run_windows(folder, args) for args in jobs], ""


def empty_folder(name):
    folder = os.path.join(hs_test.scratch(), name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def case_commands(tap):
    compare(tap, "help and messages", NONE + (help_of_all() if SOAK else [["help", "doctor"], ["help", "html"]]), run_all)
    found = inputs() if SOAK else inputs()[::6]
    compare(tap, "inputs of the tests", [command + [path] for path in found for command in (SHORT if SOAK else SHORT[:3])], run_all)


def case_traces(tap, traces):
    for name, path in list(traces.items())[:None if SOAK else 1]:
        compare(tap, name, [command + [path] for command in LONG + SHORT], run_all)
    paths = list(traces.values())
    compare(tap, "two traces", [["compare"] + paths[:2], ["html", "-o", "two.html"] + paths[:2], ["why", paths[0], "0"]], run_all)


def case_many(tap):
    trace = many_events(hs_test.scratch(), 15000000 if SOAK else 400000)
    compare(tap, "many events", [["stat", trace], ["doctor", trace]], run_all)


def case_input(tap, trace):
    folder = empty_folder("input")
    for kind, path in (("text", next(p for p in inputs() if "fuzz_text" in p)), ("trace", trace)):
        for how in ("file", "pipe"):
            seen = []
            for command in ([STARTER], [hs_test.NATIVE]):
                given = ["sh", "-c", '"$@" doctor - <%s' % path, "-"] if how == "file" else ["sh", "-c", 'cat %s | "$@" doctor -' % path, "-"]
                done = hs_test.run(given + command, cwd=folder, env=ENVIRONMENT)
                seen.append((done.status, done.out, done.err))
            what = difference(*seen)
            tap.check("standard input: a %s from a %s" % (kind, how), not what, what)
    for name in (hs_test.ROOT, hs_test.ROOT + "/", hs_test.ROOT.replace("/", "\\") + "\\"):
        status, _, err = run_windows(folder, ["stat", name])
        tap.check("a folder is no trace: ...%s" % name[-8:], status == 2 and b"is a folder" in err, (status, err))
    lines = b"Traceback (most recent call last):\r\n  File \"main.py\", line 3, in <module>\r\nMemoryError: memory allocation failed, allocating 8192 bytes\r\n"
    for kind, data in (("CR LF", lines), ("UTF-8 with a mark", b"\xef\xbb\xbf" + lines), ("UTF-16", b"\xff\xfe" + lines.decode().encode("utf-16-le"))):
        with open(os.path.join(folder, "log.txt"), "wb") as out:
            out.write(data)
        seen = []
        for command in (STARTER, hs_test.NATIVE):
            done = hs_test.run(["sh", "-c", '"$1" doctor <log.txt', "-", command], cwd=folder, env=ENVIRONMENT)
            seen.append((done.status, done.out, done.err))
        what = difference(*seen)
        tap.check("doctor <log.txt: lines that end in %s" % kind if kind == "CR LF" else "doctor <log.txt: " + kind, not what and b"line 1 (exception)" in seen[0][1], (what, seen))
    tap.check("a reader that ends early, as `more`: no message", *reader_that_ends([STARTER], trace))


def case_control_c(tap, trace):
    """The input does not end; the output has begun. Ctrl-C is SIGINT for wine."""
    folder = empty_folder("control-c")
    with open(trace, "rb") as f:
        data = f.read(2000)
    child = subprocess.Popen([STARTER, "export", "-f", "csv", "-o", "out.csv", "-"], cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(data)
    child.stdin.flush()
    end = time.monotonic() + 60
    while not os.listdir(folder) and time.monotonic() < end:
        time.sleep(0.02)
    begun = os.listdir(folder)
    child.send_signal(signal.SIGINT)
    try:
        child.wait(60)  # its input stays open until then
    except subprocess.TimeoutExpired:
        child.kill()
    err = child.communicate()[1]
    tap.check("Ctrl-C: what was begun is removed", begun and not os.listdir(folder), (begun, os.listdir(folder), child.returncode, err))


def case_names(tap, trace):
    folder = empty_folder("names")
    os.makedirs(os.path.join(folder, "Größe", "測定"))
    shutil.copy(trace, os.path.join(folder, "Größe", "測定", "Läufe 1.hst"))
    native = run_native(folder, ["stat", "Größe/測定/Läufe 1.hst"])
    for name in ("Größe\\測定\\Läufe 1.hst", ".\\Größe/測定\\Läufe 1.hst", "Z:" + os.path.join(folder, "Größe", "測定", "Läufe 1.hst").replace("/", "\\")):
        seen = run_windows(folder, ["stat", name])
        shown = seen[1].replace(name.replace("\\", "/").encode(), "Größe/測定/Läufe 1.hst".encode())
        tap.check("a path of Windows: ...%s" % name[-20:], seen[0] == 0 and shown == native[1], (seen, native))
    seen = run_windows(folder, ["html", "-oGröße\\Überblick é.html", "Größe\\測定\\Läufe 1.hst"])
    run_native(folder, ["html", "-o", "native.html", "Größe/測定/Läufe 1.hst"])
    made = os.path.join(folder, "Größe", "Überblick é.html")
    same = os.path.exists(made) and open(made, "rb").read() == open(os.path.join(folder, "native.html"), "rb").read()
    tap.check("a file with such a name is written", seen[0] == 0 and same, (seen, os.listdir(os.path.join(folder, "Größe"))))
    missing = run_windows(folder, ["stat", "Größe\\nichts.hst"])
    tap.check("a missing file is named", missing[0] == 2 and "Größe/nichts.hst: No such file or directory" in missing[2].decode(), missing)


def case_files(tap, trace):
    folder = empty_folder("files")
    out, copy = os.path.join(folder, "out.html"), os.path.join(folder, "copy.hst")
    shutil.copy(trace, copy)
    with open(out, "w", encoding="utf-8") as f:
        f.write("before")
    status = run_windows(folder, ["html", "-o", "out.html", "copy.hst"])[0]
    tap.check("a file is replaced", status == 0 and os.path.getsize(out) > 1000, status)
    before = os.path.getsize(out)
    seen = run_windows(folder, ["html", "-o", "out.html", "nothing.hst"])
    tap.check("... and stays when there is nothing to write", seen[0] == 2 and os.path.getsize(out) == before, seen)
    seen = run_windows(folder, ["import", "-o", ".\\copy.hst", "copy.hst"])
    tap.check("the input is not written", seen[0] == 2 and b"is read too" in seen[2] and os.path.getsize(copy) == os.path.getsize(trace), seen)
    seen = run_windows(folder, ["export", "--format", "csv", "-o", "none\\x.csv", "copy.hst"])
    tap.check("a folder that is missing", seen[0] == 2 and b"No such file" in seen[2], seen)
    left = sorted(os.listdir(folder))
    tap.check("no other file is left", left == ["copy.hst", "out.html"], left)


def case_lacks(tap, trace):
    folder = empty_folder("lacks")
    for args, said in ((["record", "x"], "only on a board at a serial port"), (["record", "--serial", "COM77", "x.py"], "there is no such port"),
                       (["top", "x"], "this build has no top"), (["export", "--format", "sqlite", "-o", "x.db", trace], "sqlite"),
                       (["export", "--format", "pprof", "-o", "x.pb", trace], "protobuf"), (["map", "--svg", "x.svg", trace], "cairo")):
        with open(os.path.join(folder, "x.py"), "w", encoding="utf-8") as script:
            script.write("1\n")
        status, _, err = run_windows(folder, args)
        tap.check("without what it needs: " + " ".join(args[:3]), status == 2 and said in err.decode(), (status, err))
    tap.check("... and leaves no file", os.listdir(folder) == ["x.py"], os.listdir(folder))
    args = ["report", "-s", "native", "--json", "--elf", hs_test.firmware("unix64"), trace]
    names = [sorted(re.sub(r"[\w./<>-]+:\d+ ", "", row["native"]) for row in json.loads(out)["rows"]) for out in (run_windows(folder, args)[1], run_native(folder, args)[1])]
    tap.check("names of native functions are those of the native program", any(n.isidentifier() for n in names[0]) and names[0] == names[1], names)


def case_port(tap):
    """wine's COM33 is the pseudo terminal of a board in QEMU: firmware with hooks, and without. (COM1 and others it gives to the
    computer's own ports.)"""
    folder = empty_folder("port")
    with open(os.path.join(folder, "keep.py"), "w", encoding="utf-8") as script:
        script.write("keep = [bytearray(300) for i in range(20)]\nprint('kept', len(keep))\nbytearray(10 ** 6)\n")
    link = os.path.join(PREFIX, "dosdevices", "com33")
    for title, plain in (("with hooks", False), ("without hooks: samples", True)):
        with qemu_mp.QemuPty(hs_test.firmware(hs_test.QEMU, plain=plain)) as board:
            if os.path.lexists(link):
                os.unlink(link)
            os.symlink(board.name, link)
            status, out, err = run_windows(folder, ["record", "--serial", "COM33", "-o", "run.hst", "keep.py"])
        os.unlink(link)
        tap.check("a board at COM33, %s: the script runs" % title, status == 1 and b"kept 20" in out, (status, out, err))
        tap.check("... and its end has the first finding", re.search(rb"problem HS-[A-Z-]+: .*keep.py", err), err)
        trace = os.path.join(folder, "run.hst")
        done = hs_test.cli("dump" if not plain else "stat", trace) if os.path.exists(trace) else None
        tap.check("... and the trace is read", done and done.status == 0 and (plain or done.out.decode().count("keep.py") >= 20), done and (done.out[-500:], done.err))
        shown = run_windows(folder, ["annotate", "run.hst"])[1]
        tap.check("... with its source, which was noted", plain or b"keep = [bytearray(300)" in shown, shown)
        if os.path.exists(trace):
            os.unlink(trace)


def main():
    tap = hs_test.Tap()
    if not shutil.which("wine"):
        tap.skip("the program for Windows", "wine is not installed")
        tap.finish()
    if not tap.check("the program for Windows is there: make windows", os.path.exists(PROGRAM)):
        tap.finish()
    os.makedirs(PREFIX, exist_ok=True)
    # It does not start again between two programs: its services print messages. It keeps the streams that it is given.
    subprocess.run(["wineserver", "-p60"], env=dict(os.environ, WINEPREFIX=PREFIX), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    try:
        done = run_windows(hs_test.scratch(), ["--version"])
        if not tap.check("it starts", done[1] == hs_test.cli("--version").out, done):
            tap.finish()
        traces = record(hs_test.scratch())
        tap.check("programs were recorded", len(traces) >= 2, traces)
        trace = next(iter(traces.values()))
        case_commands(tap)
        case_traces(tap, traces)
        case_many(tap)
        for case in (case_input, case_control_c, case_names, case_files, case_lacks):
            case(tap, trace)
        case_port(tap)
    finally:
        hs_test.run(["wineserver", "-k"], env={"WINEPREFIX": PREFIX})
    tap.finish()


main()
