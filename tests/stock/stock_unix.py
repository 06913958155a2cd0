# SPDX-License-Identifier: MIT
"""heapstrata.py as a module, on MicroPython's unix port without our module."""
import os
import re

import hs_test
import meminfo
import packages
from samples import has_mark, marks, path, samples, track_figures, write

MODULE = os.path.join(hs_test.ROOT, "firmware-hooks", "stock")
SCRIPT = """\
import heapstrata, gc
heapstrata.mark("first")
keep = []
with heapstrata.track("part") as t:
    keep.append(bytearray(3000))
    garbage = [bytearray(200) for i in range(10)]
    garbage = None
gc.collect()
before = gc.mem_alloc()
more = [bytearray(3000)]
gc.collect()
after = gc.mem_alloc()
print("kept", t.kept, "allocated", t.allocated, "garbage", t.garbage, "by hand", after - before)
@heapstrata.track
def function(n, more=1):
    return [n] * more
print("function", function(3, more=2))
@heapstrata.track("named")
def other():
    return 7
print("other", other())
import costly
heapstrata.stop()
heapstrata.mark("unseen")
heapstrata.start(level="full")
heapstrata.snapshot()
heapstrata.refs("mark")
print("stats", heapstrata.stats()["recording"], heapstrata.poll())
try:
    with heapstrata.track("fails"):
        bytearray(10 ** 8)
except MemoryError:
    print("failed")
heapstrata.mark("last")
"""


def run_on(firmware, plain, **more):
    write("costly.py", "TABLE = [i * 3 for i in range(300)]\ndef f(): return 1\n")
    script = write("module.py", SCRIPT)
    folders = os.path.dirname(script) + (":" + MODULE if plain else "")
    return hs_test.run([hs_test.firmware(firmware, plain), "-X", "heapsize=300k", os.path.basename(script)],
                       cwd=os.path.dirname(script), env=dict({"MICROPYPATH": folders, "HOME": "/"}, **more))


def case_module(tap, firmware):
    done = run_on(firmware, plain=True)
    text = done.out.decode()
    log = write(firmware + ".log", text)
    tap.check("%s: the script ends well" % firmware, done.status == 0 and "failed" in text, (done.status, text[-300:], done.err))
    printed = [s for s in samples(done.out) if has_mark(s[0])]
    found = marks(log)
    wrong = [(mark, kind) for mark, (kind, _, body) in zip(found, printed) if meminfo.parse(
        hs_test.cli("map", "--style", "meminfo", "--at", "event:%d" % mark["event"], log).out).areas != meminfo.parse(body).areas]
    labels = [m["mark"] for m in found]
    tap.check("%s: %d samples in what it prints are a trace" % (firmware, len(printed)), not wrong and len(found) == len(printed) and
              labels[0] == "start" and "first" in labels and "import costly" in labels and "last" in labels and "unseen" not in labels, (wrong, labels))
    kept = re.search(r"kept (\d+) allocated (\d+) garbage (\d+) by hand (\d+)", text)
    if tap.check("%s: track prints its figures" % firmware, kept and "HS:T part " in text, text[:300]):
        keeps, allocated, garbage, by_hand = map(int, kept.groups())
        tap.check("%s: track: kept %d bytes, by hand %d; %d = kept + garbage" % (firmware, keeps, by_hand, allocated),
                  abs(keeps - by_hand) <= 256 and allocated == keeps + garbage and garbage >= 2000)
    found = hs_test.cli("doctor", log).out.decode()
    tap.check("%s: doctor names the line of the failure" % firmware, re.search(r"module\.py:\d+", found) and "100000000" in found, found)


def case_packages(tap, firmware):
    folder = path("packages")
    for name, text in packages.FILES.items():
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        with open(os.path.join(folder, name), "wb") as f:
            f.write(text)
    for script, printed, names in packages.RUNS:
        done = hs_test.run([hs_test.firmware(firmware, True), "-c", "import heapstrata\n" + script],
                           env={"MICROPYPATH": MODULE + ":" + folder, "HOME": "/"})
        found = packages.noticed(samples(done.out))
        tap.check("%s: relative imports work, noticed are %s" % (firmware, names), done.status == 0 and found == names and
                  printed.encode() in done.out.splitlines(), (script, done.status, found, done.out[-200:], done.err))


def case_said_once(tap, firmware):
    """track() and the interpreter both print a MemoryError that nothing catches: the doctor has one finding about it."""
    script = write("once.py", "import heapstrata\nkeep = []\nwith heapstrata.track('part'):\n    keep.append(bytearray(60000))\n")
    done = hs_test.run([hs_test.firmware(firmware, True), "-X", "heapsize=40k", script], env={"MICROPYPATH": MODULE, "HOME": "/"})
    log = write(firmware + "-once.log", (done.out + done.err).decode())
    findings = (hs_test.cli_json("doctor", log)[1] or {}).get("findings", [])
    tap.check("%s: a failure that is printed twice is one finding" % firmware, len(findings) == 1 and "once.py:4" in findings[0]["verdict"],
              (findings, done.out[-500:]))


def case_quiet(tap, firmware):
    """What Thonny imports after the script prints nothing: Thonny takes any output then for an error."""
    script = write("quiet.py", "import heapstrata\nimport builtins, sys, gc, os, uos, micropython, time\n")
    done = hs_test.run([hs_test.firmware(firmware, True), script], env={"MICROPYPATH": MODULE, "HOME": "/"})
    tap.check("%s: modules that the firmware has built in are no imports to be noticed" % firmware, done.status == 0 and
              [kind for kind, _, _ in samples(done.out)] == ["start"], (done.status, done.out[:300], done.err))


def case_track(tap, firmware):
    """One script, with heapstrata.py and with the module built in."""
    trace, script = path(firmware + "-native.hst"), os.path.join(os.path.dirname(__file__), "track.py")
    plain, native = (hs_test.run([hs_test.firmware(firmware, is_plain), "-X", "heapsize=300k", script], env=dict({"HOME": "/"}, **env))
                     for is_plain, env in ((True, {"MICROPYPATH": MODULE}), (False, {"HEAPSTRATA_OUT": trace})))
    figures = track_figures(native.out)
    tap.check("%s: track's figures are the same with the module built in: %s" % (firmware, figures[:2]), native.status == plain.status == 0 and
              figures == track_figures(plain.out) and len(figures) == 18 and "False" not in " ".join(figures),
              (figures, track_figures(plain.out), native.err, plain.err))
    by_hand, part = (figures + ["", ""])[:2]
    tap.check("%s: and those by hand" % firmware, re.findall(r"\d+", by_hand) == re.findall(r"\d+", part) != [], (by_hand, part))
    tap.check("%s: the module built in records the lines too" % firmware, "track.py:19" in hs_test.cli("report", trace).out.decode())


def run(tap):
    for firmware in hs_test.UNIX:
        case_module(tap, firmware)
        case_packages(tap, firmware)
        case_said_once(tap, firmware)
        case_quiet(tap, firmware)
        case_track(tap, firmware)
