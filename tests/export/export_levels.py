# SPDX-License-Identifier: MIT
"""Traces that do not tell every event, and text of mem_info(): the figures that stat prints stand in every format, and
what a format cannot say is said in words."""
import collections
import csv
import json
import os
import re

import export_ctf
import export_events
import export_proto
import hs_test

TEXT = """>>> import micropython
>>> micropython.mem_info()
stack: 736 out of 15360
GC: total: 111168, used: 6192, free: 104976
 No. of 1-blocks: 48, 2-blocks: 11, max blk sz: 264%s
>>> import re
>>> micropython.mem_info()
stack: 736 out of 15360
GC: total: 111168, used: 6384, free: 104784
 No. of 1-blocks: 53, 2-blocks: 14, max blk sz: 264%s
"""
SWITCH = """
import heapstrata
keep = [bytearray(i % 90) for i in range(300)]
heapstrata.start(level="sampled", interval=256)
keep += [bytearray(i % 90) for i in range(900)]
for i in range(0, 900, 3):
    keep[i] = None
import gc
gc.collect()
more = [[i] for i in range(900)]
heapstrata.mark("end")
"""


def written(name, text):
    path = os.path.join(hs_test.scratch(), name)
    with open(path, "w") as f:
        f.write(text)
    return path


def switched(bench):
    path = bench.path("switched.hst")
    done = hs_test.run_firmware("unix64", ["-X", "heapsize=160k", written("switch.py", SWITCH)], trace=path)
    bench.check("a program that goes from full to sampled ran", done.status == 0, done.err)
    return path


def traces(bench):
    """(name, trace, whether it tells of requests)."""
    yield "sampled", bench.trace(HEAPSTRATA_LEVEL="sampled:512"), True
    yield "summary", bench.trace(HEAPSTRATA_LEVEL="summary"), True
    yield "full, then sampled", switched(bench), True
    yield "text without a longest run", written("none.txt", TEXT % ("", "")), False
    yield "text with one", written("run.txt", TEXT % (", max free sz: 6000", ", max free sz: 5000")), False


def figures_of(rows):
    """used, free, longest (None), peak of the last sample; and the most used of all."""
    samples = [r for r in rows if r["event"] in ("heapstrata:heap", "heapstrata:usage")]
    last = samples[-1]
    number = lambda v: None if v in (None, "") else int(v)
    return [number(last[k]) for k in ("used", "free")] + [number(last.get("largest_free")), number(last["peak"]),
                                                         max(int(s["used"]) for s in samples)]


def check_events(bench, name, trace, wanted):
    rows = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
    bench.check("json, %s: the figures are stat's" % name, figures_of(rows) == wanted, (figures_of(rows), wanted))
    rows = list(csv.DictReader(hs_test.cli("export", "-f", "csv", trace).out.decode().splitlines()))
    bench.check("csv, %s: the figures are stat's" % name, figures_of(rows) == wanted, (figures_of(rows), wanted))
    path, done = bench.export("sqlite", trace, "levels.db")
    last = export_events.sql(path, "SELECT used, free, largest_free, peak, (SELECT max(used) FROM figures) FROM figures "
                                   "ORDER BY ns DESC, rowid DESC LIMIT 1") if done.status == 0 else done.err
    bench.check("sqlite, %s: the figures are stat's" % name, last == [[str(w) if w is not None else "" for w in wanted]], last)
    folder, done = bench.export("ctf", trace, "levels-ctf", "--events", "records")
    rows = [dict(fields, event=event) for _, event, _, fields in export_ctf_read(folder)]
    bench.check("ctf, %s: the figures are stat's" % name, figures_of(rows) == wanted, (figures_of(rows), wanted))
    kinds = collections.Counter()
    for row in rows:
        if row["event"] == "heapstrata:live":
            kinds[row["kind"]] = row["bytes"]
    bench.check("ctf, %s: kinds of blocks make up at least what is used" % name, sum(kinds.values()) >= wanted[0], kinds)


def export_ctf_read(folder):
    done = hs_test.run(["babeltrace2", "--clock-cycles", "--no-delta", folder], timeout=300)
    line = re.compile(r'^\[(\d+)\] ([\w:]+): \{ vtid = (\d+), procname = "[\w.]+" \}, \{ (.*) \}$')
    rows = []
    for text in done.out.decode().splitlines():
        match = line.match(text)
        if match:
            rows.append((int(match[1]), match[2], int(match[3]), {k: export_ctf.value(v) for k, v in export_ctf.FIELD.findall(match[4])}))
    return rows


def estimated(value, wanted):
    """Of what is live: what was not recorded makes it up, unless the estimates are more. They come from some sixty samples, so
    one standard deviation is an eighth."""
    return wanted <= value <= wanted * 1.5


def check_perfetto(bench, name, trace, wanted):
    path, done = bench.export("perfetto", trace, "levels.pftrace")
    packets = export_proto.decode(path, "perfetto.Trace", "perfetto.proto")["packet"]
    one = export_proto.one
    tracks = {one(d, "uuid"): one(d, "name", "") for p in packets for d in p["track_descriptor"]}
    last = {tracks[one(e, "track_uuid")]: one(e, "counter_value") for p in packets for e in p["track_event"] if one(e, "type") == 4}
    seen = [last.get("heap used"), last.get("heap free"), last.get("largest free run")]
    bench.check("perfetto, %s: the counters are stat's" % name, seen == wanted[:3], (seen, wanted))
    samples = [p["profile_packet"][0] for p in packets if p["profile_packet"]][0]["process_dumps"][0]["samples"]
    live = sum(one(s, "self_allocated") - one(s, "self_freed") for s in samples)
    bench.check("perfetto, %s: the profile holds %d bytes" % (name, live), estimated(live, wanted[0]), wanted)


def check_sums(bench, name, trace, wanted, stat, asks):
    path, done = bench.export("pprof", trace, "levels.pb")
    p = export_proto.decode(path, "pprof.Profile", "pprof.proto")
    totals = [sum(s["value"][i] for s in p["sample"]) for i in range(4)]
    bench.check("pprof, %s: live bytes are %d" % (name, totals[3]), estimated(totals[3], wanted[0]), wanted)
    requests = (stat["allocs"] or 0) + (stat["reallocs"] or 0)  # null where they are not known
    bench.check("pprof, %s: allocations are stat's, %d" % (name, requests), abs(totals[0] - requests) <= len(p["sample"]) and
                (totals[1] > 0) == asks == (requests > 0), totals)
    comments = [p["string_table"][i] for i in p["comment"]]
    bench.check("pprof, %s: says what it cannot know" % name, any("estimated from samples" in c for c in comments) and
                any("Requests were not recorded" in c for c in comments) == (not asks), comments)
    path, done = bench.export("speedscope", trace, "levels.json")
    profiles = {q["name"]: q["endValue"] for q in json.load(open(path))["profiles"]}
    live = [v for k, v in profiles.items() if k.startswith("live at the end")]
    bench.check("speedscope, %s: live bytes, and no profile that is empty" % name, len(live) == 1 and estimated(live[0], wanted[0]) and
                all(profiles.values()) and any("requests were not recorded" in k for k in profiles) == (not asks), profiles)
    peak = [v for k, v in profiles.items() if k.startswith("live at the peak")]
    bench.check("speedscope, %s: the peak" % name, len(peak) == 1 and estimated(peak[0], wanted[3]), profiles)
    path, done = bench.export("folded", trace, "levels.folded")
    bench.check("folded, %s: by bytes asked for, or words" % name, (done.status, os.path.exists(path)) == ((0, True) if asks else (2, False)) and
                (asks or b"requests were not recorded; --weight live" in done.err), done.err)
    for weight, whole in (("live", wanted[0]), ("peak", wanted[3])):
        done = hs_test.cli("export", "-f", "folded", "--weight", weight, trace)
        total = sum(int(line.rsplit(" ", 1)[1]) for line in done.out.decode().splitlines())
        bench.check("folded, %s: %d bytes by %s" % (name, total, weight), estimated(total, whole), whole)


def check_massif(bench, name, trace, wanted):
    path, _ = bench.export("massif", trace, "levels.massif")
    printed = hs_test.run(["ms_print", "--threshold=0", path])
    rows = re.findall(r"^ *(\d+) +([\d.,]+) +([\d,]+) +([\d,]+) +0 +0$", printed.out.decode(), re.M)
    used = [int(r[2].replace(",", "")) for r in rows]
    bench.check("massif, %s: ms_print reads it; peak and end are stat's" % name, printed.status == 0 and
                (max(used), used[-1]) == (wanted[3], wanted[0]), (printed.err, used))
    times = [float(r[1].replace(",", "")) for r in rows]
    bench.check("massif, %s: times never go back" % name, times == sorted(times), times)


def case_levels(bench):
    for name, trace, asks in traces(bench):
        stat = bench.stat(trace)
        wanted = [stat[k] for k in ("used_bytes", "free_bytes", "largest_free_bytes", "peak_used_bytes", "peak_used_bytes")]
        bench.check("%s: stat knows figures" % name, wanted[0] > 0, stat)
        check_events(bench, name, trace, wanted)
        check_perfetto(bench, name, trace, wanted)
        check_sums(bench, name, trace, wanted, stat, asks)
        check_massif(bench, name, trace, wanted)
    empty = written("empty.txt", TEXT % ("", "")).replace("empty", "none")
    done = hs_test.cli("export", "-f", "folded", empty)
    bench.check("folded to standard output: words, not an empty text", done.status == 2 and not done.out and b"--weight live" in done.err, done.err)


# ---- curves ----

def error_of(bench, trace):
    """Mean difference of used, free and longest run from the timeline's, as shares of the heap."""
    samples = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
    samples = [s for s in samples if s["event"] == "heapstrata:heap"]
    rows = list(csv.DictReader(hs_test.cli("timeline", "--csv", "--points", "1000", trace).out.decode().splitlines()))
    total = max(float(r["used_bytes"] or 0) + float(r["free_bytes"] or 0) for r in rows)
    worst, at = {}, 0
    sums = collections.Counter()
    for row, after in zip(rows, rows[1:]):
        while at + 1 < len(samples) and samples[at + 1]["ns"] < float(after["time_s"]) * 1e9 - 0.5:
            at += 1
        for key in ("used", "free", "largest_free"):
            if row[key + "_bytes"]:
                sums[key] += abs(samples[at][key] - float(row[key + "_bytes"]))
    return {key: sums[key] / total / max(1, len(rows) - 1) for key in ("used", "free", "largest_free")}


def case_curves(bench):
    """What Trace Compass and Perfetto draw, against timeline."""
    demo = bench.path("demo.hst")
    hs_test.run_firmware("unix64", ["-X", "heapsize=68k", "logger.py"], trace=demo, cwd=os.path.join(hs_test.ROOT, "examples", "demo"))
    for name, trace in (("demo", demo), ("busy", bench.trace()), ("busy, 32 bit", bench.trace(firmware="unix32")), ("boots", bench.boots())):
        errors = error_of(bench, trace)
        bench.check("%s: curves are at most 2 %% of the heap off, on average: %s" % (name, {k: "%.2f %%" % (100 * v) for k, v in errors.items()}),
                    max(errors.values()) <= 0.02)
        rows = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
        told = [r for r in rows if not r["event"].endswith(":live")]
        after = [b["event"] for a, b in zip(told, told[1:]) if a["event"] in ("heapstrata:collect", "heapstrata:collect_end")]
        bench.check("%s: a sample before and after each collection" % name, set(after) == ({"heapstrata:heap"} if name != "boots" else set()), collections.Counter(after))


# ---- boots, threads and processes ----

def case_boots(bench):
    for name, trace in (("three boots", bench.boots()), ("ring come round", bench.overwritten()), ("a stream", bench.trace())):
        rows = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
        boots = [r["boots"] for r in rows if r["event"] == "heapstrata:heap"][-1]
        bench.check("%s: boots are stat's, %d" % (name, boots), boots == bench.stat(trace)["boots"] > 0)
