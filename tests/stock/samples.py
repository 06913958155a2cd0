# SPDX-License-Identifier: MIT
"""What every case does: records, and compares the trace with what the board printed."""
import os
import re
import signal
import subprocess
import threading

import hs_test
import meminfo

NO_MODULE = "the firmware has no module heapstrata"
LOOP = """\
import heapstrata
n = 0
while True:
    keep = [bytearray(100) for i in range(50)]
    n += 1
    if n < 4:
        heapstrata.mark("round %d" % n)
    print("at work", n)
"""

# Of each part of the helper one word: it is as large as it can be.
ALL = """\
import heapstrata
with heapstrata.track("part"):
    heapstrata.stop()
    heapstrata.start(level="full")
heapstrata.snapshot()
heapstrata.dump()
heapstrata.reset()
heapstrata.refs("mark")
print(heapstrata.stats()["recording"], bool(heapstrata.poll()))
heapstrata.mark("")
"""


def path(name):
    return os.path.join(hs_test.scratch(), "stock", name)


def write(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    return path(name)


def record(line, script, *options, trace=None, timeout=300):
    """(the end of the command, the trace) of a script of ours."""
    trace = trace or script + ".hst"
    done = hs_test.cli("record", "--serial", line.name, "-o", trace, *options, os.path.basename(script), timeout=timeout,
                       cwd=os.path.dirname(script))
    return done, trace


def limited(child):
    """A child that hangs must not make the suite hang."""
    timer = threading.Timer(200, child.kill)
    timer.daemon = True
    timer.start()
    return child


def marks(trace):
    value = hs_test.cli_json("marks", trace)[1]
    return (value or {}).get("marks", [])


def track_figures(out):
    """What track.py prints, without what differs: a part has also the objects that track() itself makes in it, and a collection
    in the middle comes at another moment."""
    text = re.sub(r"\nHS:S .*?\nHS:E[^\n]*\n", "\n", out.decode().replace("\r", ""), flags=re.S)
    words = r"by hand|True|part|within|innermost|kept|\[3|named|raised|full|HS:T (part|inner|function|method|fails|silent) "
    return [line for line in text.splitlines() if re.match(words, line)]


def helper_of(trace):
    """Bytes of the helper, as the commands say; 9999 when they say nothing."""
    said = re.search(r"helper has (\d+) bytes", hs_test.cli("marks", trace).out.decode())
    return int(said.group(1)) if said else 9999


def samples(seen):
    """[(kind, name, text)] of the samples in what a board sent; the first one, "bare", too."""
    text = seen.decode(errors="replace").replace("\r\n", "\n")
    return [(kind, name.strip(), body) for kind, name, body in
            re.findall(r"\nHS:S \d+ (\S+)([^\n]*)\n(.*?)\nHS:E[^\n]*\n", text, re.S)]


def has_mark(kind):
    return kind not in ("bare", "time", "snapshot")


def check_maps(tap, name, seen, trace):
    """The map at each mark is the firmware's own; the figures are its own without the helper."""
    printed = [s for s in samples(seen) if has_mark(s[0])]
    bare = [meminfo.parse(body) for kind, _, body in samples(seen) if kind == "bare"][0].figures["used"]
    start = [meminfo.parse(body) for kind, _, body in samples(seen) if kind == "start"][0].figures["used"]
    found, wrong, helpers = marks(trace), [], set()
    for mark, (kind, what, body) in zip(found, printed):
        own = meminfo.parse(body)
        rebuilt = meminfo.parse(hs_test.cli("map", "--style", "meminfo", "--at", "event:%d" % mark["event"], trace).out)
        if rebuilt.areas != own.areas or not own.areas:
            wrong.append((kind, what, "another map"))
        helpers.add(own.figures["used"] - mark["used_bytes"])
    tap.check("%s: %d maps are those that the firmware printed" % (name, len(printed)),
              not wrong and len(found) == len(printed) >= 3, (wrong[:3], len(found), len(printed)))
    tap.check("%s: the helper, %d bytes, is in no figure: at the start it and its garbage had %d, less than 2 KB" % (
        name, max(helpers, default=0), start - bare), len(helpers) == 1 and abs(min(helpers) - (start - bare)) <= 160 and
        max(start - bare, *helpers) < 2048,
        (helpers, start - bare))
    return printed


def started(line, script, trace):
    """A recording that has come to its loop."""
    child = limited(subprocess.Popen([hs_test.NATIVE, "record", "--serial", line.name, "-o", trace, script], stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE))
    while b"at work 9" not in child.stdout.readline():
        if child.poll() is not None:
            break
    threading.Thread(target=child.stdout.read, daemon=True).start()
    return child


def kept(tap, name, child, trace, statuses):
    err = child.stderr.read()
    child.wait(timeout=120)
    labels = [m["mark"] for m in marks(trace)]
    tap.check("%s: what came is kept" % name, child.returncode in statuses and labels[:4] == ["start", "round 1", "round 2", "round 3"],
              (child.returncode, labels, err))
    return err


def check_all(tap, name, line):
    done, trace = record(line, write("all.py", ALL))
    kinds = [kind for kind, _, _ in samples(line.seen) if kind != "time"]
    tap.check("%s: all names of the module, in %d bytes" % (name, helper_of(trace)), helper_of(trace) <= 2112 and done.status == 0 and
              done.out.endswith(b"\r\n1 True\r\n") and kinds == ["bare", "start", "snapshot", "snapshot", "mark", "end", "collected"],
              (done.status, done.out, done.err, kinds))
