# SPDX-License-Identifier: MIT
"""No command loses a trace that was there, and none shows figures of what it could not read."""
import os
import re
import signal
import subprocess
import time

import hs_test


def put(path, text):
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode())
    return path


def content(path):
    with open(path, "rb") as f:
        return f.read()


def command(target, program):
    return [hs_test.NATIVE, "record", "-o", target, "--", hs_test.firmware("unix64"), program]


def wait_for(done, seconds=30):
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    return done()


def case_two_recordings_to_one_file(bench):
    """The second is refused, and the first is complete; also where an earlier trace is there."""
    folder = bench.folder("two")
    long = put(os.path.join(folder, "long.py"), "l = [bytearray(50) for i in range(99)]\nprint('ready')\nimport sys\nsys.stdin.readline()\n")
    short = put(os.path.join(folder, "short.py"), "s = [bytearray(50) for i in range(9)]\n")
    target = os.path.join(folder, "trace.hst")
    for earlier in (False, True):
        first = subprocess.Popen(command(target, long), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first.stdout.readline()
        before = content(target) if earlier else b""
        bench.check("the first is recording", wait_for(lambda: os.path.exists(target) and content(target) != before))
        second = hs_test.run(command(target, short))
        bench.check("the second is refused", second.status == 2 and b"another heapstrata is writing it" in second.err, (second.status, second.err))
        first.communicate(b"\n")
        done = hs_test.cli("dump", "--dict", target)
        bench.check("the first trace is there", first.returncode == 0 and b"long.py" in done.out and b"short.py" not in done.out, done.out[-300:])
    bench.check("nothing else is there", sorted(os.listdir(folder)) == ["long.py", "short.py", "trace.hst"], os.listdir(folder))


def case_a_file_at_any_time(bench):
    """While the new trace takes the place of the earlier one, a reader finds either."""
    folder = bench.folder("always")
    target = os.path.join(folder, "trace.hst")
    program = put(os.path.join(folder, "short.py"), "s = [bytearray(50) for i in range(9)]\n")
    hs_test.run(command(target, program))
    missing, ends = 0, []
    for _ in range(10):
        running = subprocess.Popen(command(target, program), stderr=subprocess.PIPE)
        while running.poll() is None:
            missing += not os.path.exists(target)
        ends.append((running.returncode, running.stderr.read()))
    bench.check("there is a trace at any time", not missing and all(status == 0 for status, err in ends), (missing, ends[0]))
    bench.check("and nothing else afterwards", sorted(os.listdir(folder)) == ["short.py", "trace.hst"], os.listdir(folder))


def case_two_recordings_that_begin_together(bench):
    """Whichever shows its file first has it; the other one's trace is beside it, and it says so."""
    folder = bench.folder("together")
    target = os.path.join(folder, "trace.hst")
    programs = [put(os.path.join(folder, "%s.py" % name), "%s = [bytearray(50) for i in range(99)]\n" % name) for name in ("one", "other")]
    running = [subprocess.Popen(command(target, p), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for p in programs]
    ends = [(p.communicate()[1], p.returncode) for p in running]
    for (err, status), program in zip(ends, programs):
        named = re.search(rb"the output is in (\S+)", err)
        own = named.group(1).decode() if named else target
        refused = b"name another file" in err
        whole = status == 0 or refused or os.path.basename(program).encode() in hs_test.cli("dump", "--dict", own).out
        bench.check("each has its trace, or was refused", whole and (status == 0) != (refused or bool(named)), (status, err))
    bench.check("at least one has", any(status == 0 for err, status in ends), ends)


def long_trace(bench):
    path = bench.path("long.hst")
    program = put(bench.path("work.py"), "def f(i):\n    return [i] * (i % 30)\nl = []\nfor i in range(60000):\n    l.append(f(i))\n    if i % 7 == 0: l = []\n")
    done = hs_test.run(command(path, program))
    bench.check("a trace of several blocks", done.status == 0 and os.path.getsize(path) > 80000, (done.err, os.path.getsize(path)))
    return content(path)


def case_a_damaged_import_replaces_nothing(bench):
    folder = bench.folder("damaged")
    data = long_trace(bench)
    keep, cut, none = (os.path.join(folder, name) for name in ("keep.hst", "cut.hst", "none.hst"))
    good = content(bench.small)
    put(cut, data[:len(data) * 2 // 3])
    put(none, data[:200])
    put(keep, good)
    done = hs_test.cli("import", none, "-o", keep)
    bench.check("without a record", done.status == 2 and content(keep) == good and b"the earlier file was not touched" in done.err, done.err)
    done = hs_test.cli("import", none, "-o", os.path.join(folder, "new.hst"))
    bench.check("no file of nothing", done.status == 2 and not os.path.exists(os.path.join(folder, "new.hst")), done.err)
    done = hs_test.cli("import", cut, "-o", keep)
    beside = keep + ".incomplete"
    bench.check("a part is kept beside", done.status == 2 and content(keep) == good and beside.encode() in done.err, done.err)
    done = [hs_test.cli("stat", path) for path in (cut, beside)]
    bench.check("that something was left out is in it too", all(d.status == 2 and b"left out" in d.out for d in done)
                and number(cut, "events") == number(beside, "events") > 0, [(d.status, d.out) for d in done])
    done = hs_test.cli("import", cut, "-o", os.path.join(folder, "part.hst"))
    bench.check("without an earlier one it has its own name", done.status == 2 and hs_test.cli("stat", os.path.join(folder, "part.hst")).status == 2, done.err)


def case_nothing_read_is_nothing_shown(bench):
    """Of a trace of which nothing can be read there are no figures, and no clean bill."""
    data = long_trace(bench)
    none = put(bench.path("none.hst"), data[:200])
    for args in (["doctor"], ["doctor", "--json"], ["doctor", "--sarif"], ["stat"], ["stat", "--json"], ["report"], ["timeline"], ["map"], ["blame"],
                 ["leaks"], ["marks"], ["regions"], ["pools"], ["resets"], ["annotate"], ["phases"], ["whatif"], ["dump"]):
        done = hs_test.cli(*args, none)
        bench.check("nothing read: " + " ".join(args), done.status == 2 and done.out == b"" and done.err.count(b"\n") == 1, (done.status, done.out, done.err))
    for args in (["stat", "--heap", "foo"], ["stat", "--region", "7"], ["report", "--heap", "foo"], ["timeline", "--heap", "foo"], ["map", "--heap", "foo"]):
        done = hs_test.cli(*args, bench.small)
        bench.check("nothing chosen: " + " ".join(args), done.status == 2 and done.out == b"" and b"its regions are" in done.err, (done.status, done.out, done.err))


def case_a_script_that_is_not_there(bench):
    folder = bench.folder("mistyped")
    keep = put(os.path.join(folder, "heapstrata.hst"), content(bench.small))
    for args in ([], ["--ring", "8K"]):
        done = hs_test.run([hs_test.NATIVE, "record", *args, "--", hs_test.firmware("unix64"), "-X", "heapsize=100k", "nosuch.py"], cwd=folder)
        bench.check("a mistyped script is no run " + " ".join(args), done.status != 0 and content(keep) == content(bench.small) and b"nosuch.py does not exist" in done.err
                    and os.listdir(folder) == ["heapstrata.hst"], (done.status, done.err, os.listdir(folder)))
    put(os.path.join(folder, "fails.py"), "x = [bytearray(50) for i in range(9)]\nraise SystemExit(3)\n")
    done = hs_test.run([hs_test.NATIVE, "record", "--", hs_test.firmware("unix64"), "fails.py", "absent.py"], cwd=folder)
    bench.check("a script that ends with an error is one", done.status == 3 and content(keep) != content(bench.small), (done.status, done.err))


def case_an_ignored_hangup(bench):
    """nohup: SIGHUP ends neither the recording nor the firmware."""
    out = bench.path("nohup.hst")
    program = put(bench.path("waits.py"), "l = [bytearray(50) for i in range(99)]\nprint('ready')\nimport sys\nsys.stdin.readline()\nprint('end')\n")
    running = subprocess.Popen(command(out, program), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    running.stdout.readline()
    running.send_signal(signal.SIGHUP)
    said, err = running.communicate(b"\n")
    bench.check("a hangup that is ignored", running.returncode == 0 and said == b"end\n" and hs_test.cli("stat", out).status == 0, (running.returncode, said, err))


def number(path, word):
    """A figure of `stat`."""
    found = re.search(rb"([\d,]+)  " + word.encode(), hs_test.cli("stat", path).out)
    return int(found.group(1).replace(b",", b"")) if found else None


def case_a_trace_after_a_trace(bench):
    """`cat one.hst other.hst`: both are read, and other bytes after the end are damage."""
    one, other = content(bench.trace), content(bench.small)
    both = put(bench.path("both.hst"), one + other + one)
    done = hs_test.cli("stat", both)
    wanted = 2 * number(bench.trace, "events") + number(bench.small, "events")
    bench.check("three traces in one file", done.status == 0 and b"3 boots" in done.out and number(both, "events") == wanted, (done.out, wanted))
    for name, rest in (("a cut one", other[:200]), ("something else", b"no trace\n" * 20)):
        path = put(bench.path("rest.hst"), one + rest)
        done = hs_test.cli("stat", path)
        left = re.search(rb"damaged bytes, left out: (\d+)", done.out)
        bench.check("after the end: " + name, done.status == 2 and left and int(left.group(1)) > 100
                    and number(path, "events") == number(bench.trace, "events"), (done.status, done.out, done.err))


def case_a_range_that_is_not_there(bench):
    program = put(bench.path("marks.py"), "import heapstrata as h\nh.mark('a')\nx = [1] * 50\nh.mark('a#2')\ny = [1] * 50\nh.mark('b')\n")
    path = bench.path("marks.hst")
    hs_test.run(command(path, program))
    for args, words in ((["--to", "mark:nope"], b"no mark 'nope' (--to)"), (["--from", "mark:nope"], b"no mark 'nope' (--from)"),
                        (["--from", "mark:b", "--to", "mark:a"], b"no mark 'a' after --from (--to)"), (["--from", "mark:a#2x"], b"no mark 'a#2x'"),
                        (["--from", "mark:b#3"], b"no mark 'b'"), (["--from", "2s", "--to", "1s"], b"'2s' (--from) is after '1s' (--to)"),
                        (["--from", "event:9", "--to", "event:3"], b"is after"), (["--from", "99999s"], b"the trace ends before")):
        for name in (["dump"], ["timeline", "--csv"]):
            done = hs_test.cli(*name, *args, path)
            bench.check("%s %s" % (name[0], " ".join(args)), done.status == 2 and words in done.err, (done.status, done.err))
    done = hs_test.cli("dump", "--to", "mark:a#2", path)
    bench.check("a label that ends in a number", done.status == 0 and done.out.rstrip().endswith(b'label="a#2"'), done.out[-200:])
    twice = put(bench.path("twice.py"), "import heapstrata as h\nfor i in range(2):\n    h.mark('turn')\n    x = [1] * 50\nh.mark('end')\n")
    marks = bench.path("twice.hst")
    hs_test.run(command(marks, twice))
    for args, turns in ((["--from", "mark:turn"], 1), (["--from", "mark:turn#1"], 2), (["--from", "mark:turn#2"], 1), (["--to", "mark:turn"], 2),
                        (["--to", "mark:turn#1"], 1), (["--from", "mark:turn#1", "--to", "mark:turn#2"], 2)):
        done = hs_test.cli("dump", "--kind", "mark", *args, marks)
        bench.check("dump %s: a mark without a number is the last one" % " ".join(args), done.status == 0 and done.out.count(b'label="turn"') == turns,
                    (done.out, done.err))
    with open(marks, "rb") as f:
        done = hs_test.run([hs_test.CLI, "dump", "--from", "mark:turn", "-"], stdin=f)
    bench.check("of standard input the mark's number is wanted", done.status == 2 and b"mark:turn#1" in done.err, done.err)
    done = hs_test.cli("map", "--at", "mark:a#2", path)
    bench.check("map at that label", done.status == 0, done.err)


def stream(raw, *args):
    with open(raw, "rb") as f:
        return hs_test.run([hs_test.NATIVE, "record", "--stream", "-", *args], stdin=f)


def case_a_stream_without_its_header(bench):
    """A live line cannot be had again: what came is kept as it came, beside an earlier trace."""
    folder = bench.folder("headless")
    program = put(os.path.join(folder, "small.py"), "s = [bytearray(50) for i in range(99)]\n")
    whole, target = os.path.join(folder, "whole.bin"), os.path.join(folder, "trace.hst")
    hs_test.run([hs_test.firmware("unix64"), program], env={"HEAPSTRATA_OUT": whole})
    bytes_of = bytearray(content(whole))
    bytes_of[20] ^= 0xff
    damaged = put(os.path.join(folder, "damaged.bin"), bytes(bytes_of))
    done = stream(damaged, "-o", target)
    bench.check("what came is kept, and that is an error",
                done.status == 2 and b"without an intact header" in done.err and target.encode() in done.err and content(target) == bytes_of, done.err)
    os.unlink(target)
    stream(whole, "-o", target)
    earlier = content(target)
    done = stream(damaged, "-o", target)
    beside = re.search(rb"bytes are in (\S+), as they came", done.err)
    bench.check("an earlier trace stays, and what came is beside it", done.status == 2 and content(target) == earlier and beside
                and content(beside[1].decode()) == bytes_of, done.err)
    done = stream(damaged, "-o", "-")
    bench.check("to a pipe, too", done.status == 2 and done.out.endswith(bytes_of), (done.status, done.err))
    done = stream(program, "-o", target + ".none")
    bench.check("other output is not kept", done.status == 2 and b"no trace among them" in done.err and not os.path.exists(target + ".none"), done.err)
    done = stream(put(os.path.join(folder, "again.bin"), bytes(bytes_of) + content(whole)), "-o", target)
    bench.check("with a header later, it is a trace", done.status == 0 and hs_test.cli("stat", target).status == 0, done.err)


def case_a_source_that_was_changed(bench):
    """Figures of the old lines beside the new ones need a warning; untouched sources have none."""
    folder = bench.folder("changed")
    program, trace = put(os.path.join(folder, "changed.py"), "a = [1] * 50\nb = [2] * 60\n"), os.path.join(folder, "changed.hst")
    hs_test.run(command(trace, program), cwd=folder)
    done = hs_test.cli("annotate", "--source", folder, trace, cwd=folder)
    bench.check("an unchanged source", done.status == 0 and b"warning" not in done.out and b"b = [2] * 60" in done.out, done.out)
    put(program, "import sys\n" + content(program).decode())
    done = hs_test.cli("annotate", "--source", folder, trace, cwd=folder)
    bench.check("a changed source, asked for", done.status == 0 and b"changed after the trace was written" in done.out, done.out)
    done = hs_test.cli("annotate", trace, cwd=folder)
    bench.check("a changed source, not asked for", b"import sys" not in done.out and b"as it was when the trace was recorded" in done.out, (done.out, done.err))


def case_a_file_of_any_length(bench):
    """What is too large to search is named; make soak only, since it takes half a gigabyte."""
    if os.environ.get("HS_SOAK") != "1":
        return
    path = put(bench.path("zeros"), b"")
    os.truncate(path, 600 << 20)
    done = hs_test.cli("stat", path)
    bench.check("600 MB of zeros", done.status == 2 and b"no trace in its first 512 MB" in done.err, done.err)
    os.unlink(path)
