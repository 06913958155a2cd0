# SPDX-License-Identifier: MIT
"""Synthetic: a seeded stream of explicit frees, and of sweeps; ours and other recorders over the same events."""
import collections
import os
import re
import statistics
import subprocess


import bare
import common
import hs_cores
import lttng
import peers
import programs

EVENTS = int(os.environ.get("BENCH_EVENTS", 10000000))
SOURCES = ["tests/bench/synthetic_main.c", "tests/bench/synthetic_stream.c", "tests/bench/recorders.c"] + hs_cores.LIB
LEARNED = "HeapStrata, version 3"
OURS, STRUCT, LEB, FOLDED = ("HeapStrata", "16-byte struct into a ring", "plain LEB128 deltas",
                             "LEB128, kind and size folded")
TITLE = {"free": "explicit frees", "sweep": "frees gathered into sweeps"}


def pairs(text):
    """"name value" lines; a name that repeats gives a list."""
    found = collections.defaultdict(list)
    for line in text.splitlines():
        name, value = line.rsplit(None, 1)
        found[name].append(float(value))
    return found


def build():
    return common.compile_c("synthetic", SOURCES, bare.PORT, "-DHS_LEARN=1", "-lm")


# ---- what the stream is like ----

def show_entropy(report, program, mode):
    rows = []
    for line in common.output(program, "entropy", mode, str(EVENTS)).splitlines():
        name, each, share = re.match(r"(.+) (\S+) (\S+)$", line).groups()
        rows.append([name, None if each == "-" else float(each), float(share)])
    total = next(row for row in rows if row[0] == "all")
    total[0] = "all (earlier stream: %s)" % ("3.15" if mode == "free" else "1.69")
    report.table("entropy " + mode, ["field", "bytes each", "bytes an event"], rows,
                 "order-0 entropy of the stream, %s, %d million events" % (TITLE[mode], EVENTS / 1e6))


def lttng_peer(report, folder):
    """(ns, bytes) an event of LTTng-UST, or None."""
    try:
        ns, size, _ = lttng.session(folder, EVENTS // 10, 5)
        return ns, size
    except (subprocess.SubprocessError, OSError) as error:
        report.skip(lttng.NAME, str(error))
        return None


# ---- bytes and time on this machine ----

def learned(program, mode, folder):
    """(median ns, bytes) an event of version 3, after a comparison with the stream."""
    trace = os.path.join(folder, mode + "-3.hst")
    events = pairs(common.output(program, "write", mode, str(EVENTS), trace, "3"))["events"][0]
    common.output(program, "verify", mode, str(EVENTS), trace, "3")
    timed = pairs(common.output(program, "time", mode, str(EVENTS), "3"))
    return statistics.median(timed["ns/" + OURS]), os.path.getsize(trace) / events


def host(report, program, mode, folder, others):
    """Table of recorders; returns our bytes and ns an event."""
    trace = os.path.join(folder, mode + ".hst")
    wrote = pairs(common.output(program, "write", mode, str(EVENTS), trace))
    events = wrote["events"][0]
    size = os.path.getsize(trace)
    verified = pairs(common.output(program, "verify", mode, str(EVENTS), trace))
    timed = pairs(common.output(program, "time", mode, str(EVENTS)))
    decoded = pairs(common.output(program, "decode", trace))
    ns = {name: timed["ns/" + name] for name in (OURS, STRUCT, LEB, FOLDED)}
    rows = [[OURS, statistics.median(ns[OURS]), 1.0, size / events, 1.0, "this run"]]
    for name in (STRUCT, LEB, FOLDED):
        ratio = statistics.median(theirs / ours for theirs, ours in zip(ns[name], ns[OURS]))
        bytes_ = timed["bytes/" + name][0]
        rows.append([name, statistics.median(ns[name]), ratio, bytes_, bytes_ * events / size, "this run"])
    others = {LEARNED: learned(program, mode, folder), **others}
    for name, (theirs, bytes_) in others.items():
        rows.append([name, theirs, theirs / rows[0][1], bytes_, bytes_ * events / size, "this run"])
    if mode == "free":
        for name, (theirs, _, bytes_) in peers.RECORDERS.items():
            if name not in (STRUCT, LEB, FOLDED) and name not in others:
                rows.append([name, theirs, None, bytes_, bytes_ and bytes_ * events / size, peers.EARLIER])
    report.table("host " + mode, ["recorder", "ns an event", "ratio", "bytes an event", "ratio", "measured"], rows,
                 "%s, recorded on this machine; processor time, medians of 5" % TITLE[mode])
    report.line("  decoded and equal: %d events. lib/decode alone: %.1f ns, %.0f million records a second"
                % (verified["equal"][0], statistics.median(decoded["ns"]), 1000 / statistics.median(decoded["ns"])))
    report.figure("decode ns " + mode, statistics.median(decoded["ns"]))
    return size / events, rows


def replay(report, folder):
    """ns an event for what real programs do, which the recorder can predict as on the board."""
    program = common.compile_c("replay", ["tests/bench/replay_main.c"] + hs_cores.LIB, bare.PORT,
                               os.path.join(common.BUILD, "libheapstrata.a"), "-lzstd")
    ns = statistics.median(pairs(common.output(program, programs.long_run(folder, 10)))["ns"])
    report.line("  events of perf_bench programs recorded once more, places implied: %.1f ns an event" % ns)
    report.figure("replay ns", ns)
    return ns


# ---- instructions on a bare Cortex-M3 ----

def show_m3(report, program, folder):
    found = bare.count(hs_cores.CORES["cortex-m3"], program, folder)
    names = {OURS: "random", LEARNED: "version 3", STRUCT: "struct", LEB: "leb", FOLDED: "folded"}
    rows = [[name, found[run].alloc, found[run].free, found[run].event, found[run].turn, None, "this run"]
            for name, run in names.items()]
    for name, (_, instructions, _) in peers.RECORDERS.items():
        if instructions and name not in names:
            rows.append([name, None, None, instructions, None, None, peers.EARLIER + ", M4"])
    for row in rows:
        row[5] = row[3] / rows[0][3]
    report.table("m3", ["recorder", "alloc", "free", "an event", "packet turn", "ratio", "measured"], rows,
                 "instructions on a bare Cortex-M3, random sites and frees: hardly anything can be predicted")
    report.target("M3: encode an allocation of the synthetic stream, as the peers were measured", rows[0][1], 65)


def run(report):
    report.section("synthetic", "Synthetic: 40 sites by Zipf's law, next fit, live set 2000 to 5000, random frees")
    program = build()
    with common.scratch() as folder:
        for mode in TITLE:
            show_entropy(report, program, mode)
        peer = lttng_peer(report, folder)
        explicit, rows = host(report, program, "free", folder, {lttng.NAME: peer} if peer else {})
        swept, _ = host(report, program, "sweep", folder, {})
        replayed = replay(report, folder)
        show_m3(report, program, folder)
    report.target("synthetic, explicit frees: bytes an event", explicit, 4.2)
    report.target("synthetic, frees as sweeps: bytes an event", swept, 3.0)
    report.target("host: ns to record an event, explicit frees", rows[0][1], 15.0)
    report.target("host: ns to record an event, perf_bench replayed", replayed, 15.0)
