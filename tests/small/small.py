#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small rings: MicroPython's perf_bench programs, looked at in the midst of their work, as a reset would find them.

At every moment the ring must open without damage, and nine of ten allocations in it must have their place: where many
sites are in use at once, some find no room for their definitions. How many allocations there are is printed, and must
not be far below what it was.
"""
import json
import os
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "bench")]
import hs_test
import programs

NAMES = """bm_chaos bm_fft bm_float bm_hexiom bm_nqueens bm_pidigits core_str misc_mandel misc_pystone misc_raytrace""".split()
MOMENTS = int(os.environ.get("HS_MOMENTS", "12"))  # of each program and size
OFTEN = {"bm_chaos": 5}  # its phases use different places: as one gives way to the next, definitions are carried on
BOOTS_RING = "32k"  # leaves more of the first boot than its last packet, which may be all keyframe
LEAST = {"2k": 500, "4k": 1200}  # allocations: median of the moments, mean of the programs
FAILING = """import gc
kept = [bytearray(900) for i in range(40)]
for i in range(0, 40, 2):
    kept[i] = None
for i in range(300):
    [i]
bytearray(6000)
"""


def endless(name):
    """The program again and again; not its first rounds alone, in which all is new."""
    path = os.path.join(hs_test.scratch(), name + ".py")
    with open(path, "w") as f:
        f.write(programs.for_unix(name, 100, 100) + "while True:\n    bm_run(100, 100)\n")
    return path


def moments(script, size, count=MOMENTS):
    """Copies of the ring at moments at which the program stands still."""
    ring = os.path.join(hs_test.scratch(), "ring")
    if os.path.exists(ring):
        os.remove(ring)
    env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
    # In its folder: the name that the program is started by takes room in the ring, and a path is as long as it is.
    folder, name = os.path.split(script)
    child = subprocess.Popen([hs_test.firmware("unix32"), "-X", "heapsize=256k", name],
                             env=dict(env, HEAPSTRATA_RING="%s:%s" % (ring, size), HEAPSTRATA_TIME_SCALE="40"),
                             stdout=subprocess.PIPE, cwd=folder)
    try:
        child.stdout.readline()  # the first rounds are over
        for _ in range(count):
            child.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, child.pid, os.WSTOPPED)
            with open(ring, "rb") as f:
                yield f.read()
            child.send_signal(signal.SIGCONT)
            time.sleep(0.011 * hs_test.slowness("unix32"))
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def look(image):
    """(allocations in the image, what is wrong)"""
    path = os.path.join(hs_test.scratch(), "moment.img")
    with open(path, "wb") as f:
        f.write(image)
    done = hs_test.cli("dump", path, "--json")
    if done.status or done.err:
        return 0, done.err.decode()
    allocs = [e for e in map(json.loads, done.out.splitlines()) if e["kind"] == "ALLOC"]
    nameless = [e for e in allocs if not e["site"] or not e.get("where")]
    return len(allocs), "%d of %d have no place: %s" % (len(nameless), len(allocs), nameless[0]) \
        if 10 * len(nameless) > len(allocs) else ""


def programs_in(tap, size):
    medians = []
    for name in NAMES:
        count = MOMENTS * OFTEN.get(name, 1)
        seen = [look(image) for image in moments(endless(name), size, count)]
        medians.append(statistics.median(n for n, _ in seen))
        tap.check("%s in %s: whole at %d moments, %d to %d allocations, %d in the median"
                  % (name, size, len(seen), min(seen)[0], max(seen)[0], medians[-1]),
                  len(seen) == count and not any(why for _, why in seen), [why for _, why in seen if why][:1])
    mean = statistics.mean(medians)
    tap.check("%s: %d allocations, mean of the programs" % (size, mean), mean >= LEAST[size], medians)
    tap.note("%s: %d of %d programs have 600 or more" % (size, sum(n >= 600 for n in medians), len(medians)))


def failure(tap, size):
    """The failed allocation, why it failed, and the last collection's figures."""
    script = os.path.join(hs_test.scratch(), "failing.py")
    with open(script, "w") as f:
        f.write(FAILING)
    ring = os.path.join(hs_test.scratch(), "failing.img")
    done = hs_test.run_firmware("unix32", ["-X", "heapsize=44k", "failing.py"], ring="%s:%s" % (ring, size), cwd=hs_test.scratch())
    status, report, error = hs_test.cli_json("report", ring)
    last = report["failures"][-1] if report and report.get("failures") else {}
    tap.check("%s: the failed allocation, its line and why" % size,
              done.status and last.get("asked_bytes") == 6000 and last.get("verdict") == "fragmented"
              and "failing.py:7 " in last.get("line", ""), (done.err, error, last))
    tap.check("%s: free and longest free run at that moment" % size,
              last.get("free_bytes", 0) > 6000 > last.get("largest_free_bytes", 6000), last)


def boots(tap):
    """A boot that was killed, then one that ends with a failure, in one ring: both are shown, with what came last."""
    *_, image = moments(endless("misc_raytrace"), BOOTS_RING)
    ring = os.path.join(hs_test.scratch(), "boots.img")
    with open(ring, "wb") as f:
        f.write(image)
    hs_test.run_firmware("unix32", ["-X", "heapsize=44k", "failing.py"], ring=ring + ":" + BOOTS_RING, cwd=hs_test.scratch(),
                         env={"HEAPSTRATA_TIME_SCALE": "40"})
    done = hs_test.cli("resets", "--json", "--last", "5", ring)
    first, last = (json.loads(line) for line in done.out.splitlines()[-2:])
    tap.check("two boots: the boot that was killed, with its last allocations",
              first["end"].startswith("cut off") and len(first["last"]) == 5
              and all("misc_raytrace.py:" in step["line"] for step in first["last"] if step["kind"] == "ALLOC"), first)
    tap.check("two boots: the boot that failed, and where", last["end"] == "stopped" and "failing.py:7 " in last["failure"]["line"]
              and last["failure"]["verdict"] == "fragmented", last)
    text = hs_test.cli("resets", ring)
    tap.check("two boots: the same as text", text.status == 0 and text.out.count(b"\nboot ") + text.out.startswith(b"boot ") == 2
              and b"fragmented, at " in text.out, text.out)
    wrong = hs_test.cli("resets", "--last", "0", ring)
    tap.check("no events are none to show", wrong.status == 2 and wrong.err, wrong.err)


def main():
    tap = hs_test.Tap()
    for size in LEAST:
        failure(tap, size)
        programs_in(tap, size)
    boots(tap)
    tap.finish()


if __name__ == "__main__":
    main()
