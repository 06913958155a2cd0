# SPDX-License-Identifier: MIT
"""pprof and Perfetto, decoded by protoc; what they say is what report and stat say."""
import collections
import os
import re

import export_sums
import hs_test

PROTO = os.path.join(hs_test.ROOT, "analysis/export/proto")
LINE = re.compile(r'^\s*(?:(\w+) \{|(\w+): (?:"(.*)"|(-?\w+))|(\}))$')
ESCAPE = re.compile(rb'\\([0-7]{3}|.)')


def text(escaped):
    simple = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
    return ESCAPE.sub(lambda m: bytes([int(m[1], 8)]) if len(m[1]) == 3 else simple.get(m[1], m[1]),
                      escaped.encode()).decode()


def decode(path, message, proto):
    """What protoc prints, as {field: [values]}; a message is such a dict itself."""
    with open(path, "rb") as f:
        done = hs_test.run(["protoc", "--decode=" + message, "-I" + PROTO, proto], stdin=f)
    if done.status != 0:
        raise RuntimeError(done.err)
    top = collections.defaultdict(list)
    stack = [top]
    for line in done.out.decode().splitlines():
        begins, name, string, number, ends = LINE.match(line).groups()
        if begins:
            stack[-1][begins].append(collections.defaultdict(list))
            stack.append(stack[-1][begins][-1])
        elif ends:
            stack.pop()
        else:
            stack[-1][name].append(text(string) if string is not None else
                                    number == "true" if number in ("true", "false") else int(number, 0))
    return top


def one(message, field, default=0):
    return message[field][0] if message[field] else default


def unknown(message):
    """Fields that the description does not name: protoc prints their numbers."""
    return [k for k in message if k.isdigit()] + [x for v in message.values() for m in v if isinstance(m, dict) for x in unknown(m)]


def case_pprof(bench):
    for name, trace in export_sums.traces(bench):
        path, done = bench.export("pprof", trace, "pprof.pb")
        bench.check("pprof, %s: exported" % name, done.status == 0 and not done.err, done.err)
        p = decode(path, "pprof.Profile", "pprof.proto")
        strings = p["string_table"]
        types = [(strings[one(t, "type")], strings[one(t, "unit")]) for t in p["sample_type"]]
        bench.check("pprof, %s: values" % name, strings[0] == "" and not unknown(p) and types == [
            ("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")], types)
        functions = {one(f, "id"): f for f in p["function"]}
        bench.check("pprof, %s: no system names, which would make pprof undo <module> as a template" % name,
                    not any(f["system_name"] for f in p["function"]))
        named = [(strings[one(f, "name")], strings[one(f, "filename")]) for f in p["function"]]
        bench.check("pprof, %s: each function has a name, those of <module> and the like too" % name, all(n for n, _ in named) and
                    "<module>" in [n for n, _ in named], named)
        locations = {one(x, "id"): x for x in p["location"]}
        bench.check("pprof, %s: every number stands for something" % name, 0 not in functions and 0 not in locations and
                    len(functions) == len(p["function"]) and len(locations) == len(p["location"]) and
                    all(i in locations for s in p["sample"] for i in s["location_id"]) and
                    all(one(line, "function_id") in functions for x in p["location"] for line in x["line"]))
        stat, wanted = bench.stat(trace), export_sums.totals(bench, trace)
        totals = [sum(s["value"][i] for s in p["sample"]) for i in range(4)]
        bench.check("pprof, %s: totals %s" % (name, totals), totals[0] == stat["allocs"] + stat["reallocs"] and
                    totals[1] == wanted["bytes"] and totals[3] == wanted["live"], (stat, wanted))
        sums = collections.Counter()
        for s in p["sample"]:
            line = locations[s["location_id"][0]]["line"][0]
            function = functions[one(line, "function_id")]
            if one(line, "line"):
                sums["%s:%d %s" % (strings[one(function, "filename")], one(line, "line"), strings[one(function, "name")])] += \
                    s["value"][1]
        bench.check("pprof, %s: the leaves' lines are those of dump" % name,
                    +sums == export_sums.by_line(bench, trace) and len(sums) > 5, sums)
        deepest = max(len(s["location_id"]) for s in p["sample"])
        bench.check("pprof, %s: stacks as they were recorded" % name, (deepest > 1) == ("stacks" in name), deepest)


def check_heap_profile(bench, name, trace, packets):
    interned = [p["interned_data"][0] for p in packets if p["interned_data"]][0]
    names = {one(s, "iid"): s["str"][0] for s in interned["function_names"]}
    frames = {one(f, "iid"): f for f in interned["frames"]}
    stacks = {one(s, "iid"): s for s in interned["callstacks"]}
    samples = [p["profile_packet"][0] for p in packets if p["profile_packet"]][0]["process_dumps"][0]["samples"]
    bench.check("perfetto, %s: every number stands for something" % name,
                all(one(f, "function_name_id") in names and one(f, "mapping_id") == 1 for f in frames.values()) and
                all(i in frames for s in stacks.values() for i in s["frame_ids"]) and
                all(one(s, "callstack_id") in stacks for s in samples) and len(interned["mappings"]) == 1)
    live = sum(one(s, "self_allocated") - one(s, "self_freed") for s in samples)
    blocks = sum(one(s, "alloc_count") - one(s, "free_count") for s in samples)
    stat = bench.stat(trace)
    bench.check("perfetto, %s: %d bytes in %d blocks are live" % (name, live, blocks), live == stat["used_bytes"] and
                blocks == sum(r["granules"] > 0 for r in live_blocks(trace)), stat["used_bytes"])


def live_blocks(trace):
    shown = hs_test.cli_json("map", trace)[1]
    return [{"granules": len(m)} for region in shown["regions"] for m in re.findall("h=*", region["map"])]


def case_perfetto(bench):
    for name, trace in list(export_sums.traces(bench)) + [("three boots", bench.boots())]:
        path, done = bench.export("perfetto", trace, "perfetto.pb")
        bench.check("perfetto, %s: exported" % name, done.status == 0 and not done.err, done.err)
        packets = decode(path, "perfetto.Trace", "perfetto.proto")["packet"]
        dump, stat = bench.dump(trace), bench.stat(trace)
        kinds = collections.Counter(r["kind"] for r in dump)
        tracks = {one(d, "uuid"): one(d, "name", "") for p in packets for d in p["track_descriptor"]}
        first = packets[0]["clock_snapshot"]
        clocks = {one(c, "clock_id"): one(c, "timestamp", -1) for c in first[0]["clocks"]} if first else {}
        bench.check("perfetto, %s: clocks come first, that of profiles (4) and of traces (6) alike" % name,
                    clocks.get(4) == clocks.get(6) == 0 and one(first[0], "primary_trace_clock") == 6, packets[0])
        profiles = [d for p in packets for f in p["profile_packet"] for d in f["process_dumps"]]
        bench.check("perfetto, %s: the profile's heap has a name" % name, [one(d, "heap_name") for d in profiles] == ["firmware heap"], profiles[:1])
        events = [(one(p, "timestamp"), p["track_event"][0]) for p in packets if p["track_event"]]
        bench.check("perfetto, %s: no field that has no name, no track that is not declared" % name,
                    not [x for p in packets for x in unknown(p)] and all(one(e, "track_uuid") in tracks for _, e in events))
        bench.check("perfetto, %s: times never go back" % name, [t for t, _ in events] == sorted(t for t, _ in events))
        types = collections.Counter(one(e, "type") for _, e in events)
        bench.check("perfetto, %s: %d collections" % (name, types[1]), types[1] == types[2] == kinds["COLLECT"], types)
        labels = [one(e, "name", "") for _, e in events if one(e, "type") == 3]
        wanted = [r["label"] for r in dump if r["kind"] == "MARK"]
        bench.check("perfetto, %s: marks" % name, [x for x in labels if x in wanted] == wanted, labels)
        bench.check("perfetto, %s: failures" % name, sum(x.startswith("failed: ") for x in labels) == stat["failed"], labels)
        last = {tracks[one(e, "track_uuid")]: one(e, "counter_value") for _, e in events if one(e, "type") == 4}
        bench.check("perfetto, %s: the last counters are stat's" % name,
                    (last["heap used"], last["heap free"], last["largest free run"]) ==
                    (stat["used_bytes"], stat["free_bytes"], stat["largest_free_bytes"]), last)
        if "round" not in name:
            check_heap_profile(bench, name, trace, packets)


def case_public_numbers(bench):
    """The field numbers, once more, of what every reader of these formats looks at first."""
    path, _ = bench.export("perfetto", bench.trace(), "perfetto.pb")
    with open(path, "rb") as f:
        raw = hs_test.run(["protoc", "--decode_raw"], stdin=f).out.decode()
    packet = re.compile(r"^1 \{\n  8: \d+\n  10: 1\n  11 \{\n    9: (\d)\n    11: \d+\n(    23: .*\n|    30: \d+\n)?  \}\n\}", re.M)
    bench.check("perfetto: timestamp 8, sequence 10, event 11 {type 9, track 11, name 23, value 30}",
                {"1", "2", "3", "4"} == set(m[0] for m in packet.findall(raw)), raw[-300:])
