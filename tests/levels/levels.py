#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Levels on real firmware: one program recorded in full, sampled and summed up.

The firmware is the judge of summaries: gc and micropython.mem_info say what was used, free and the longest free run.
The full trace is the judge of samples: the same program, which asks for the same bytes on every run, is recorded
under many seeds of the sampler.
"""
import collections
import concurrent.futures
import json
import math
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test
import qemu_mp

# What the seeds try is the firmware, so another program than the native one reads fewer of the traces.
SEEDS = int(os.environ.get("HS_LEVEL_SEEDS", "400" if hs_test.PROGRAM == "native" else "40"))
HEAPS = {"unix64": "128k", "unix32": "80k"}  # the program fits, whatever a conservative collector keeps
LABELS = ("one", "two", "three")
MEM_INFO = re.compile(r"GC: total: (\d+), used: (\d+), free: (\d+)\s+No\. of 1-blocks: (\d+), 2-blocks: (\d+), "
                      r"max blk sz: (\d+), max free sz: (\d+)")
Told = collections.namedtuple("Told", "used free longest")


def script(name):
    return os.path.join(HERE, name)


def path(name):
    return os.path.join(hs_test.scratch(), name)


def record(firmware, level, program="work.py", ring=None, name=None, heap=None):
    """Runs the program at that level; returns the trace and what was printed."""
    trace = path(name or "%s-%s.hst" % (firmware, level.replace(":", "-")))
    if os.path.exists(trace):
        os.unlink(trace)
    to = {"ring": trace + ":" + ring} if ring else {"trace": trace}
    done = hs_test.run_firmware(firmware, ["-X", "heapsize=" + (heap or HEAPS[firmware]), script(program)], env={"HEAPSTRATA_LEVEL": level}, **to)
    return trace, done


def dump(trace, *more):
    done = hs_test.cli("dump", trace, "--json", *more)
    return done.status, [json.loads(line) for line in done.out.splitlines()]


def printed(text):
    return [Told(int(m[1]), int(m[2]), int(m[6])) for m in MEM_INFO.findall(text.decode())]


def summaries_at_marks(trace):
    """The summary behind each mark, in bytes; of the longest run in granules, as mem_info has it."""
    found, label = [], None
    for e in dump(trace, "--kind", "mark,summary")[1]:
        if e["kind"] == "MARK":
            label = e["label"]
        elif label:
            shift = e["shift"]
            found.append(Told(e["used"] << shift, e["free"] << shift, e["longest"]))
            label = None
    return found


# ---- summaries ----

def check_summaries(tap, name, trace, told):
    found = summaries_at_marks(trace)
    tap.check("%s: summaries are the firmware's own figures at %d marks" % (name, len(LABELS)),
              len(told) == len(LABELS) and found == told, "%s\n%s" % (found, told))
    status, stat, error = hs_test.cli_json("stat", trace)
    tap.check("%s: stat ends with the last summary" % name,
              status == 0 and not stat["warnings"] and stat["failed"] == 0, error or stat)


def summaries(tap):
    for firmware in hs_test.UNIX:
        for level in ("summary", "sampled:512"):
            trace, done = record(firmware, level)
            check_summaries(tap, "%s, %s" % (firmware, level), trace, printed(done.out))
        trace = record(firmware, "summary")[0]
        full = hs_test.cli_json("stat", record(firmware, "full")[0])[1]
        summed = hs_test.cli_json("stat", trace)[1]
        # the self-test's allocation of one byte is only in the full trace
        requests = [t["requests"] for t in (full, summed)]
        same = all(full[key] == summed[key] for key in ("marks", "failed"))
        # what words left over on the stack keep alive differs with the level, so a collection may come sooner
        same = same and abs(full["collections"] - summed["collections"]) <= 1
        tap.check("%s: sums of a summary are those of the full trace" % firmware, same and requests[0] == requests[1] + 1, requests)
        rows = {r["line"]: r for r in hs_test.cli_json("report", record(firmware, "full")[0])[1]["rows"]}
        named = hs_test.cli_json("report", trace)[1]
        wrong = [r for r in named["rows"] if r["line"] in rows and r["bytes"] > rows[r["line"]]["bytes"]]
        everything = sum(r["bytes"] for r in rows.values())
        tap.check("%s: no line has more than in the full trace, all together the same" % firmware,
                  not wrong and named["total_bytes"] == everything - 1, "%s %s %s" % (wrong, named["total_bytes"], everything))
        first = max(rows.values(), key=lambda r: r["bytes"])
        sums = {r["line"]: r["bytes"] for r in named["rows"]}
        tap.check("%s: the largest line is named, and most of all bytes" % firmware, sums.get(first["line"], 0) > 0.8 * first["bytes"]
                  and sums["(other sites)"] < 0.3 * everything, "%s %s" % (first, sums))


def marks(tap):
    """heapstrata marks shows the heap at the mark, not at the summary before it."""
    for firmware in hs_test.UNIX:
        for level in ("full", "summary", "sampled:512"):
            name = "%s-grown-%s.hst" % (firmware, level.replace(":", "-"))
            trace, done = record(firmware, level, "grown.py", name=name)
            told = [(t.used, t.free) for t in printed(done.out)]
            status, shown, error = hs_test.cli_json("marks", trace)
            rows = [(m["used_bytes"], m["free_bytes"]) for m in shown["marks"]] if shown else error
            tap.check("%s, %s: marks shows the firmware's own figures" % (firmware, level),
                      status == 0 and len(told) == len(LABELS) and rows == told, "%s\n%s" % (rows, told))


def on_the_board(tap):
    text = open(script("work.py")).read()
    for level in ("summary", "sampled"):
        with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU), icount=5) as board:
            board.run("import heapstrata\nheapstrata.start(level='%s', interval=2048)" % level)
            out, error = board.run(text, timeout=120)
            more, _ = board.run("print(heapstrata.stats())\nheapstrata.stop()")
            image = path("board-%s.bin" % level)
            board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, image)
        told = printed(out.replace(b"\r", b""))
        found = summaries_at_marks(image)
        tap.check("Cortex-M3, %s: summaries are the firmware's own figures" % level,
                  not error and len(told) == 3 and found == told, "%s\n%s\n%s" % (error, found, told))
        tap.check("Cortex-M3, %s: stats() says so" % level, ("'level': '%s'" % level).encode() in more, more)
        status, stat, why = hs_test.cli_json("stat", image)
        seen = [s["level"] for s in stat["levels"]]
        tap.check("Cortex-M3, %s: stat says which levels it saw" % level, status == 0 and seen == ["full", level], why or seen)


# ---- samples ----

class Estimate:
    """One figure under many seeds."""

    def __init__(self, truth):
        self.truth, self.errors, self.held = truth, [], 0

    def add(self, value, low, high):
        self.errors.append(value - self.truth)
        self.held += low - 0.5 <= self.truth <= high + 0.5

    @property
    def deviations(self):
        n = len(self.errors)
        error = math.sqrt(sum(e * e for e in self.errors)) / n
        return abs(sum(self.errors) / n) / error if error else 0.0


def sampled_once(job):
    firmware, interval, seed = job
    trace, done = record(firmware, "sampled:%d:%d" % (interval, seed))
    status, report, error = hs_test.cli_json("report", trace)
    stat = hs_test.cli_json("stat", trace)[1]
    os.unlink(trace)
    return status or done.status, report, stat, error + done.err.decode()


def estimates(tap, firmware, interval):
    rows = {r["line"]: r for r in hs_test.cli_json("report", record(firmware, "full")[0])[1]["rows"]}
    lines = {line: Estimate(r["bytes"]) for line, r in rows.items() if r["bytes"] > 8 * interval}
    total = Estimate(sum(r["bytes"] for r in rows.values()))
    requests = Estimate(sum(r["allocs"] + r["reallocs"] for r in rows.values()))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        done = list(pool.map(sampled_once, [(firmware, interval, 1 + 7919 * i) for i in range(SEEDS)]))
    bad = [error for status, report, stat, error in done if status != 0 or report["warnings"]]
    tap.check("%s, %d: %d sampled traces without a warning" % (firmware, interval, SEEDS), not bad, bad[:1])
    for _, report, stat, _ in done:
        found = {r["line"]: r for r in report["rows"]}
        for line, estimate in lines.items():
            row = found.get(line, {"bytes": 0, "bytes_low": 0, "bytes_high": 3.84 * interval})
            estimate.add(row["bytes"], row["bytes_low"], row["bytes_high"])
        e = stat["estimated"]
        total.add(e["bytes"], e["bytes_low"], e["bytes_high"])
        requests.add(e["requests"], e["requests_low"], e["requests_high"])
    far = {line: (round(e.deviations, 1), e.truth) for line, e in lines.items() if e.deviations > 3.9}
    tap.check("%s, %d: no line of %d is biased" % (firmware, interval, len(lines)), len(lines) >= 6 and not far, far)
    tap.check("%s, %d: nor are the bytes and blocks of all" % (firmware, interval),
              total.deviations < 3.9 and requests.deviations < 3.9, "%s %s" % (total.deviations, requests.deviations))
    held = sum(e.held for e in lines.values()) / len(lines) / SEEDS
    tap.note("%s, interval %d: 95 %% intervals held the bytes of a line in %.1f %% of %d cases, of all in %.1f %%, blocks of all %.1f %%"
             % (firmware, interval, 100 * held, len(lines) * SEEDS, 100 * total.held / SEEDS, 100 * requests.held / SEEDS))
    tap.check("%s, %d: intervals hold the truth in about 95 of 100 cases" % (firmware, interval),
              0.92 < held < 0.985 and total.held > 0.88 * SEEDS and requests.held > 0.86 * SEEDS, held)


def lifetimes(tap):
    """With nearly every block sampled the sampled trace says what the full one does."""
    for firmware in hs_test.UNIX:
        full = {r["line"]: r for r in hs_test.cli_json("report", record(firmware, "full")[0])[1]["rows"]}
        found = {r["line"]: r for r in hs_test.cli_json("report", record(firmware, "sampled:1:5")[0])[1]["rows"]}
        wrong = []
        for line, row in full.items():
            if ".py" not in line:
                continue
            for key in ("bytes", "allocs", "reallocs", "live_bytes", "freed", "swept"):
                if abs(row[key] - found.get(line, {key: 0})[key]) > 0.03 * row[key] + 40:
                    wrong.append((line, key, row[key], found.get(line, {key: None})[key]))
            if row["swept"] > 20 and not row["reallocs"]:
                if abs(row["collections_survived"] - found[line]["collections_survived"]) > 0.1 + 0.1 * row["collections_survived"]:
                    wrong.append((line, "survived", row["collections_survived"], found[line]["collections_survived"]))
        tap.check("%s: sampled at every byte, it is the full trace" % firmware, not wrong, wrong)


# ---- changing, rings, failures ----

def midway(tap):
    for firmware in hs_test.UNIX:
        trace, done = record(firmware, "full", "midway.py")
        lines = done.out.decode().split("\n")
        want = ["full 1024 1", "summary 1024 1", "sampled 2048 1", "full 2048 1", "sampled 512 1", "sampled 4096 1", "full 4096 1",
                "full 4096 1", "summary 4096 0", "ValueError", "ValueError", "ValueError", "ValueError", "TypeError",
                "summary 4096 0", ""]
        tap.check("%s: start(level=, interval=) while recording, and its errors" % firmware, lines == want, done.out + done.err)
        status, stat, error = hs_test.cli_json("stat", trace)
        seen = [(s["level"], s.get("interval_bytes")) for s in stat["levels"]]
        tap.check("%s: each span is shown" % firmware, status == 0 and seen == [
            ("full", None), ("summary", None), ("sampled", 2048), ("full", None), ("sampled", 512), ("sampled", 4096),
            ("full", None), ("summary", None)], error or seen)
        seconds = stat["level_seconds"]
        tap.check("%s: for how long" % firmware, all(seconds.values()) and sum(seconds.values()) <= stat["seconds"] + 1e-9, stat)
        dumped = dump(trace)
        tap.check("%s: dump has all of it" % firmware, dumped[0] == 0 and {"SAMPLE", "SAMPLE_SWEEP", "SUMMARY", "TOP", "LEVEL"}
                  <= {e["kind"] for e in dumped[1]}, dumped[0])
        points = hs_test.cli_json("timeline", trace)[1]["points"]
        points = [p for p in points if p["level"] != "stopped"]
        levels = [p["level"] for p in points]
        tap.check("%s: timeline shows each level, and figures at all times" % firmware,
                  {"full", "sampled", "summary"} <= set(levels)
                  and all(p["used_bytes"] + p["free_bytes"] == points[-1]["used_bytes"] + points[-1]["free_bytes"] for p in points if p["used_bytes"] is not None),
                  levels)


def rings(tap):
    """Small rings: read without complaint, and they reach further back than at level "full"."""
    for size in ("2k", "4k"):
        reach = {}
        for level in ("full", "sampled:4096:3", "summary"):
            trace, _ = record("unix32", level, ring=size, name="ring-%s-%s" % (size, level.split(":")[0]))
            status, stat, error = hs_test.cli_json("stat", trace)
            reach[level] = stat["requests"]
            seen = [s["level"] for s in stat["levels"]]
            tap.check("a ring of %s at level %s" % (size, level), status == 0 and seen == [level.split(":")[0]]
                      and stat["lost"] == 0, "%s %s %s" % (status, error, seen))
        tap.note("ring of %s holds so many allocations: %s" % (size, reach))
        tap.check("a ring of %s reaches further at other levels" % size,
                  min(reach["sampled:4096:3"], reach["summary"]) > 2 * reach["full"], reach)


def failures(tap):
    for level in ("full", "sampled:512", "summary"):
        trace, done = record("unix32", level, "hold.py", heap="48k")
        rows = (hs_test.cli_json("report", trace)[1] or {}).get("failures")
        good = done.out == b"MemoryError\n" and rows and rows[-1]["verdict"] == "fragmented" and "hold.py:7" in rows[-1]["line"] \
            and rows[-1]["asked_bytes"] <= rows[-1]["free_bytes"] and rows[-1]["largest_free_bytes"] < 9000
        tap.check("level %s: why an allocation failed, and where" % level, good, rows)


def commands(tap):
    for level in ("sampled:512:3", "summary"):
        trace = record("unix32", level)[0]
        for more in ((), ("--style", "meminfo"), ("--json",), ("--diff", "mark:one")):
            done = hs_test.cli("map", trace, *more)
            tap.check("%s: map %s says why there is none" % (level, " ".join(more)), done.status == 2 and
                      ("recorded at level " + level.split(":")[0]).encode() in done.err and not done.out, done.err)
        done = hs_test.cli("compare", record("unix32", "full")[0], trace)
        tap.check("%s: compare says why it cannot" % level, done.status == 2 and b"recorded at level" in done.err and not done.out, done.err)
        total = sum(int(line.rsplit(" ", 1)[1]) for line in hs_test.cli("export", "--format", "folded", trace).out.decode().splitlines())
        told = hs_test.cli_json("report", trace)[1]["total_bytes"]
        tap.check("%s: export has the report's bytes" % level, abs(total - told) <= 100, "%d %d" % (total, told))
        text = hs_test.cli("report", trace).out.decode()
        tap.check("%s: the report says so in its head" % level, "# level " + level.split(":")[0] in text, text[:400])
        text = hs_test.cli("annotate", "--source", HERE, trace).out.decode()
        tap.check("%s: annotate has figures beside the lines" % level, re.search(r"^ *\d+\.\d+%.*medium\(i\)|^ *\d+\.\d+%.*bytearray\(50",
                  text, re.M) and ("+-95%" in text) == level.startswith("sampled"), text)
        text = hs_test.cli("timeline", trace).out.decode()
        tap.check("%s: the chart says so" % level, "level s: sampled, m: summary" in text, text)
    out = path("record.hst")
    done = hs_test.cli("record", "-q", "--level", "sampled:700", "-o", out, hs_test.firmware("unix32"), "-X", "heapsize=80k", script("work.py"))
    seen = [(s["level"], s["interval_bytes"]) for s in hs_test.cli_json("stat", out)[1]["levels"]]
    tap.check("record --level", done.status == 0 and seen == [("sampled", 700)], "%s %s" % (done.err, seen))
    for wrong in ("some", "sampled:", "sampled:0", "sampled:-1", "summary:5", "sampled:99999999"):
        done = hs_test.cli("record", "-q", "--level", wrong, "-o", out, hs_test.firmware("unix32"), script("work.py"))
        tap.check("record --level %s is refused" % wrong, done.status == 2 and b"--level takes" in done.err and not done.out, done.err)
    for wrong in ("some", "sampled:0", "sampled:x", "summary1", "sampled:512:1:2", "sampled:99999999"):
        trace, done = record("unix32", wrong, "hold.py")
        seen = [s["level"] for s in hs_test.cli_json("stat", trace)[1]["levels"]]
        tap.check("HEAPSTRATA_LEVEL=%s is refused" % wrong, b"HEAPSTRATA_LEVEL" in done.err and seen == ["full"], done.err)


def main():
    tap = hs_test.Tap()
    summaries(tap)
    marks(tap)
    on_the_board(tap)
    lifetimes(tap)
    estimates(tap, "unix32", 512)
    estimates(tap, "unix64", 1024)
    midway(tap)
    rings(tap)
    failures(tap)
    commands(tap)
    tap.finish()


if __name__ == "__main__":
    main()
