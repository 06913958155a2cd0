# SPDX-License-Identifier: MIT
"""Folders that are no traces, or damaged ones: an error that names them, status 2, and nothing that looks complete."""
import os
import random
import shutil
import struct

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


METADATA = """/* CTF 1.8 */
typealias integer { size = 32; align = 8; signed = false; } := uint32_t;
typealias integer { size = 8; align = 8; signed = false; } := uint8_t;
trace { major = 1; minor = 8; byte_order = le; packet.header := struct { uint32_t magic; }; };
stream { packet.context := struct { uint32_t content_size; uint32_t packet_size; };%s };
event { name = "e";%s fields := struct { %s }; };
"""
WITH_ID = " event.header := struct { uint32_t id; };", " id = 0;"


def case_endless(bench):
    """On these libbabeltrace2 comes to no end by itself: for want of progress, of memory, or of an end of the events."""
    for name, (header, number), fields, body, size in (
            ("a packet of no size", WITH_ID, "uint32_t n;", struct.pack("<2I", 0, 4), 0),
            ("an array of 2 billion", WITH_ID, "uint32_t n; uint8_t data[n];", struct.pack("<2I", 0, 0x7fffffff) + b"abcd", None),
            ("events of no size", ("", ""), "", bytes(4000), None)):
        folder = bench.path("endless")
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        with open(os.path.join(folder, "metadata"), "w") as f:
            f.write(METADATA % (header, number, fields))
        bits = 8 * (12 + len(body)) if size is None else size
        with open(os.path.join(folder, "stream"), "wb") as f:
            f.write(struct.pack("<3I", 0xC1FC1FC1, bits, bits) + body)
        done = hs_test.cli("report", folder, timeout=300)
        bench.check("%s: an end, and why" % name, done.status == 2 and b"is so damaged" in done.err or b"is damaged: more events" in done.err,
                    (done.status, done.err))
    out = bench.path("never.hst")
    done = hs_test.cli("import", folder, "-o", out, timeout=300)
    bench.check("import leaves no file", done.status == 2 and folder.encode() in done.err and not os.path.exists(out), done.err)


def case_damaged(bench):
    """Bytes changed, cut off, missing files: never a crash; what comes before the damage is kept."""
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
        done = hs_test.cli("report", bad, timeout=300)
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
