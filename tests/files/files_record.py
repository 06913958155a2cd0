# SPDX-License-Identifier: MIT
"""What `record` writes: to pipes and standard output the trace and nothing else, and no earlier trace is lost."""
import os
import resource
import subprocess
import threading

import hs_test

WORK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compilers", "work.py")
SCRIPT = "print('printed by the script')\nx = [bytearray(50) for i in range(200)]\n"


def script(bench):
    path = bench.path("printing.py")
    with open(path, "w", encoding="utf-8") as f:
        f.write(SCRIPT)
    return path


def command(target, program, *more):
    return [hs_test.NATIVE, "record", *more, "-o", target, "--", hs_test.firmware("unix64"), "-X", "heapsize=200k", program]


def is_trace(bench, data):
    path = bench.path("came.hst")
    with open(path, "wb") as f:
        f.write(data)
    return hs_test.cli("stat", path).status == 0


def case_a_trace_to_a_pipe(bench):
    """All of it comes, however late the reader is, and what the script prints is on standard error."""
    for target in ("/dev/stdout", "-", "/dev/fd/1", "/proc/self/fd/1"):
        for more in ([], ["--ring", "64K"]):
            done = hs_test.run(["sh", "-c", '"$@" | { sleep 0.3; cat; }', "sh", *command(target, script(bench), *more)])
            bench.check("record %s -o %s" % (" ".join(more), target), is_trace(bench, done.out) and b"printed by" in done.err
                        and b"printed by" not in done.out, (done.out[:80], done.err))
    plain = bench.path("redirected.hst")
    done = hs_test.run(["sh", "-c", 'out=$1; shift; "$@" > "$out"', "sh", plain, *command("-", script(bench))])
    bench.check("record -o - > FILE", hs_test.cli("stat", plain).status == 0 and b"printed by" in done.err, done.err)


def case_a_trace_to_a_fifo(bench):
    fifo, came = os.path.join(bench.folder("fifo"), "fifo"), []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: came.append(open(fifo, "rb").read()), daemon=True)
    reader.start()
    done = hs_test.run(command(fifo, script(bench)))
    reader.join(30)
    bench.check("record to a FIFO ends, and its reader has the trace", done.status == 0 and came and is_trace(bench, came[0])
                and b"printed by" in done.out, (done.status, done.err))


def case_standard_output_is_refused(bench):
    target = bench.path("both.hst")
    done = hs_test.run(["sh", "-c", 'out=$1; shift; "$@" > "$out"', "sh", target, *command(target, script(bench))])
    bench.check("record -o FILE > FILE", done.status == 2 and b"standard output is written to" in done.err, done.err)
    done = hs_test.run(["script", "-qec", " ".join(command("-", script(bench))), "/dev/null"]) if os.path.exists("/usr/bin/script") else None
    bench.check("record to a terminal", not done or (done.status == 2 and b"no text for a terminal" in done.out and b"printed" not in done.out),
                done and done.out)


def case_closed_descriptors(bench):
    """Where standard output or error is closed, nothing that is printed comes into the file."""
    program = script(bench)
    for closed in (">&-", "2>&-", "<&-", ">&- 2>&- <&-"):
        for name, args in (("record", command("{out}", program)), ("import", [hs_test.CLI, "import", bench.small, "-o", "{out}"])):
            out = bench.path("closed.hst")
            hs_test.run(["sh", "-c", '"$@" ' + closed, "sh", *[out if word == "{out}" else word for word in args]])
            done = hs_test.cli("stat", out)
            bench.check("%s with %s" % (name, closed), done.status == 0, done.err)
            os.unlink(out)
        page = bench.path("closed.html")
        hs_test.run(["sh", "-c", '"$@" ' + closed, "sh", hs_test.CLI, "html", "--elf", hs_test.NATIVE, bench.small, "-o", page])
        with open(page, "rb") as f:
            bench.check("html with %s" % closed, f.read(15) == b"<!doctype html>")


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def case_an_earlier_trace(bench):
    """Without room: the earlier trace stays, what came is beside it, and a second one beside that."""
    folder = bench.folder("earlier")
    keep = os.path.join(folder, "keep.hst")
    hs_test.cli("import", bench.small, "-o", keep)
    with open(keep, "rb") as f:
        before = f.read()
    env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
    env["HEAPSTRATA_PACKET"] = "1024"  # a packet that is cut is left out
    for name in ("keep.hst.incomplete", "keep.hst.incomplete-2"):
        done = subprocess.run(command(keep, WORK), preexec_fn=limit, capture_output=True, env=env, timeout=120, check=False)
        with open(keep, "rb") as f:
            now = f.read()
        bench.check("the earlier trace is kept, and why is said", done.returncode == 2 and now == before and b"File too large" in done.stderr
                    and name.encode() in done.stderr, (done.returncode, done.stderr))
        status, found, err = hs_test.cli_json("stat", os.path.join(folder, name))
        bench.check("what came is in " + name, status == 2 and found and found["events"] > 0, (status, err))
    new = os.path.join(folder, "new.hst")
    done = subprocess.run(command(new, WORK), preexec_fn=limit, capture_output=True, env=env, timeout=120, check=False)
    bench.check("without an earlier one it has its own name", done.returncode == 2 and b"what came before that is in " + new.encode() in done.stderr
                and sorted(os.listdir(folder)) == ["keep.hst", "keep.hst.incomplete", "keep.hst.incomplete-2", "new.hst"],
                (done.stderr, os.listdir(folder)))
