# SPDX-License-Identifier: MIT
"""Formats that hold sums by stack: their totals are the report's, line by line."""
import collections
import json
import re

import hs_test


def traces(bench):
    yield "unix64", bench.trace()
    yield "unix32", bench.trace(firmware="unix32")
    yield "unix64, stacks", bench.trace(HEAPSTRATA_STACKS="1")
    yield "ring come round", bench.overwritten()


def totals(bench, trace):
    """Bytes asked for, live at the end and at the peak, by dump and stat."""
    stat = bench.stat(trace)
    asked = sum(r["size"] for r in bench.dump(trace) if r["kind"] in ("ALLOC", "REALLOC"))
    return {"bytes": asked, "live": stat["used_bytes"], "peak": stat["peak_used_bytes"]}


def by_line(bench, trace):
    """Bytes asked for by each line of Python, by dump."""
    sums = collections.Counter()
    for r in bench.dump(trace):
        if r["kind"] in ("ALLOC", "REALLOC") and re.search(r":\d+ ", r["where"]):
            sums[r["where"]] += r["size"]
    return sums


def folded(bench, trace, weight):
    path, done = bench.export("folded", trace, "folded", "--weight", weight)
    if done.status != 0:
        raise RuntimeError(done.err)
    rows = [line.rstrip("\n").rsplit(" ", 1) for line in open(path)]
    return [(stack.split(";"), int(n)) for stack, n in rows]


def case_folded(bench):
    for name, trace in traces(bench):
        wanted = totals(bench, trace)
        for weight in ("bytes", "live", "peak"):
            rows = folded(bench, trace, weight)
            total = sum(n for _, n in rows)
            bench.check("folded, %s, %s: %d bytes" % (name, weight, total), total == wanted[weight] > 0, wanted)
        sums = collections.Counter()
        rows = folded(bench, trace, "bytes")
        for stack, n in rows:
            if re.search(r":\d+ ", stack[-1]):
                sums[stack[-1]] += n
        bench.check("folded, %s: the lines are those of dump" % name, sums == by_line(bench, trace) and len(sums) > 5,
                    (sums - by_line(bench, trace), by_line(bench, trace) - sums))
        deepest = max(len(stack) for stack, _ in rows)
        bench.check("folded, %s: stacks as they were recorded" % name, (deepest > 1) == ("stacks" in name), deepest)


# What speedscope's schema (file-format-spec.ts) demands, for the parts that we write.
def problems_of_speedscope(data):
    problems = []

    def need(condition, text):
        if not condition:
            problems.append(text)

    need(data.get("$schema") == "https://www.speedscope.app/file-format-schema.json", "$schema")
    need(set(data) <= {"$schema", "shared", "profiles", "name", "activeProfileIndex", "exporter"}, "members %s" % set(data))
    frames = data["shared"]["frames"]
    need(set(data["shared"]) == {"frames"}, "shared")
    for frame in frames:
        need(isinstance(frame.get("name"), str) and set(frame) <= {"name", "file", "line", "col"}, "frame %s" % frame)
        need(isinstance(frame.get("file", ""), str) and isinstance(frame.get("line", 1), int), "frame %s" % frame)
    for profile in data["profiles"]:
        need(set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}, "profile members")
        need(profile["type"] == "sampled" and profile["unit"] in (
            "none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"), "profile %s" % profile["type"])
        need(len(profile["samples"]) == len(profile["weights"]), "samples and weights")
        need(all(isinstance(i, int) and 0 <= i < len(frames) for s in profile["samples"] for i in s), "frame numbers")
        need(all(profile["samples"]), "an empty stack")
        need(sum(profile["weights"]) == profile["endValue"] - profile["startValue"], "weights are not the range")
    return problems


def case_speedscope(bench):
    for name, trace in traces(bench):
        path, done = bench.export("speedscope", trace, "speedscope.json")
        data = json.load(open(path))
        problems = problems_of_speedscope(data)
        bench.check("speedscope, %s: by its schema" % name, done.status == 0 and not problems, problems[:5])
        wanted = totals(bench, trace)
        seen = [p["endValue"] for p in data["profiles"]]
        bench.check("speedscope, %s: totals" % name, seen == [wanted[w] for w in ("bytes", "peak", "live")], (seen, wanted))
        sums = collections.Counter()
        for stack, weight in zip(data["profiles"][0]["samples"], data["profiles"][0]["weights"]):
            frame = data["shared"]["frames"][stack[-1]]
            if "line" in frame:
                sums["%s:%d %s" % (frame["file"], frame["line"], frame["name"])] += weight
        bench.check("speedscope, %s: the lines are those of dump" % name, sums == by_line(bench, trace))


def case_massif(bench):
    for name, trace in traces(bench):
        path, done = bench.export("massif", trace, "massif.out")
        printed = hs_test.run(["ms_print", "--threshold=0", path])
        text = printed.out.decode()
        bench.check("massif, %s: ms_print reads it" % name, done.status == 0 and printed.status == 0 and
                    "(peak)" in text, printed.err)
        rows = re.findall(r"^ *(\d+) +([\d.,]+) +([\d,]+) +([\d,]+) +0 +0$", text, re.M)
        used = [int(r[2].replace(",", "")) for r in rows]
        stat = bench.stat(trace)
        bench.check("massif, %s: peak and end are stat's" % name, len(rows) > 2 and max(used) == stat["peak_used_bytes"] and
                    used[-1] == stat["used_bytes"], (max(used), used[-1]))
        times = [float(r[1].replace(",", "")) for r in rows]
        bench.check("massif, %s: times never go back, to the end" % name, times == sorted(times) and
                    abs(times[-1] / 1e3 - bench.dump(trace)[-1]["time_s"]) < 1e-5, times[-5:])
        trees = re.findall(r"^100\.00% \(([\d,]+)B\) \(all allocations\)$", text, re.M)
        shot = [int(n) for n in re.findall(r"(\d+)(?: \(peak\))?[,\]]", re.search(r"^ Detailed snapshots: (\[.*\])$", text, re.M)[1])]
        gaps = [b - a for a, b in zip([0] + shot, shot + [len(rows) - 1])]
        bench.check("massif, %s: about every tenth snapshot has a tree" % name, len(shot) >= 4 and max(gaps) <= (25 if hs_test.emulated(name) else 15), shot)
        totals = [int(t.replace(",", "")) for t in trees]
        bench.check("massif, %s: each tree is of its snapshot's bytes" % name, totals == [used[i] for i in shot], (totals, shot))
        branches = [sum(int(b.replace(",", "")) for b in re.findall(r"^->[\d.]+% \(([\d,]+)B\) 0x0: .*$", tree, re.M))
                    for tree in re.split(r"^100\.00%", text, flags=re.M)[1:]]
        bench.check("massif, %s: each tree's branches are its bytes" % name, branches == totals and "(not recorded)" not in text, branches)
