# SPDX-License-Identifier: MIT
"""Folders that are no traces, or damaged ones: an error that names them, status 2, and nothing that looks complete."""
import os
import random
import shutil

import hs_test

WORDS = os.environ.get("HS_IMPORT_DAMAGE", "40")  # how many damaged copies


def fails(bench, name, folder, *expected):
    for command in (["stat", folder], ["report", folder], ["export", "-f", "csv", folder]):
        done = hs_test.cli(*command)
        bench.check("%s: %s ends with 2 and says why" % (name, command[0]), done.status == 2 and folder.encode() in done.err and
                    all(word.encode() in done.err for word in expected), done.err)
    out = bench.path("never.hst")
    done = hs_test.cli("import", folder, "-o", out)
    bench.check(name + ": import leaves no file", done.status == 2 and not os.path.exists(out), done.err)


def case_no_traces(bench):
    empty = bench.path("empty")
    os.makedirs(os.path.join(empty, "ust", "uid"), exist_ok=True)
    fails(bench, "an empty folder", empty, "is a folder, not a trace")
    odd = bench.path("odd")
    os.makedirs(odd, exist_ok=True)
    with open(os.path.join(odd, "metadata"), "w") as f:
        f.write("/* CTF 1.8 */ trace { nonsense")
    fails(bench, "metadata that is none", odd)
    with open(os.path.join(odd, "metadata"), "wb") as f:
        f.write(random.Random(7).randbytes(5000))
    fails(bench, "metadata of noise", odd)


def case_other_events(bench):
    folder = bench.record("others", ["/bin/true"], events=("lttng_ust_statedump:*",))
    fails(bench, "no events of the wrapper", folder, "LD_PRELOAD=liblttng-ust-libc-wrapper.so")


def trace_folder(folder):
    return next(root for root, _, files in os.walk(folder) if "metadata" in files)


def library_hangs(folder):
    """Whether babeltrace2's own program comes to no end either."""
    return hs_test.run(["babeltrace2", folder], timeout=20).status is None


def case_damaged(bench):
    """Bytes changed, cut off, missing files: never a crash; what comes before the damage is told."""
    good = trace_folder(bench.record("damage", [bench.program(), "300", "1"], channel=("--blocking-timeout=inf", "--subbuf-size=16k")))
    rng, seen = random.Random(11), set()
    for i in range(int(WORDS)):
        bad = bench.path("bad")
        shutil.rmtree(bad, ignore_errors=True)
        shutil.copytree(good, bad)
        name = rng.choice([n for n in sorted(os.listdir(bad)) if n != "index"])
        path = os.path.join(bad, name)
        data = bytearray(open(path, "rb").read())
        if i % 3 == 0:
            del data[rng.randrange(len(data)):]
        else:
            for _ in range(rng.choice((1, 4, 64))):
                data[rng.randrange(len(data))] = rng.randrange(256)
        with open(path, "wb") as f:
            f.write(data)
        done = hs_test.cli("report", bad, timeout=20)
        if done.status is None and library_hangs(bad):
            bench.tap.note("damaged %d (%s): babeltrace2 does not come to an end" % (i, name))
            continue
        seen.add(done.status)
        if done.status not in (0, 2) or (done.status == 2 and bad.encode() not in done.err):
            bench.check("damaged %d (%s): no crash, an error with its name" % (i, name), False, (done.status, done.err))
            return
    bench.check("%s damaged copies: none crashed, each error names its folder" % WORDS, True)
    bench.check("some could be read in part or whole, some not", seen == {0, 2}, seen)


def case_cut(bench):
    """A file that ends early: babeltrace2 finds out before it reads the first event."""
    good = trace_folder(bench.record("damage", [bench.program(), "300", "1"], channel=("--blocking-timeout=inf", "--subbuf-size=16k")))
    bad = bench.path("cut")
    shutil.copytree(good, bad)
    stream = max((os.path.join(bad, n) for n in os.listdir(bad) if n.startswith("c_")), key=os.path.getsize)
    os.truncate(stream, os.path.getsize(stream) * 2 // 3 + 17)
    fails(bench, "cut", bad)


def case_no_place(bench):
    folder = bench.record("damage", [bench.program(), "300", "1"])
    done = hs_test.run([hs_test.CLI, "stat", folder], env=dict(hs_test.SANITIZERS, TMPDIR="/no/such/folder"))
    bench.check("no place for temporary files: says so", done.status == 2 and b"No such file" in done.err, done.err)
