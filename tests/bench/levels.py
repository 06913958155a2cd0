# SPDX-License-Identifier: MIT
"""Levels: what "sampled" and "summary" save against "full", in instructions, bytes and reach of a small ring."""
import json
import os
import statistics
import subprocess

import board
import common
import programs

N, M = 100, 100
HEAP = "256k"
TIME_SCALE = 40
RINGS = ("2k", "4k")
# name, HEAPSTRATA_LEVEL, arguments of heapstrata.start()
LEVELS = [("full", "full", "level='full'"), ("sampled, 512 bytes", "sampled:512:1", "level='sampled',interval=512"),
          ("sampled, 1024 bytes", "sampled:1024:1", "level='sampled',interval=1024"),
          ("sampled, 4096 bytes", "sampled:4096:1", "level='sampled',interval=4096"), ("summary", "summary", "level='summary'")]
OURS = ("alloc hook", "alloc encode", "free hook", "free encode", "realloc hook", "realloc encode", "site definition",
        "packet turn", "collection", "call hook", "keyframe", "failure")


def stat(trace):
    return json.loads(common.output(common.CLI, "stat", "--json", trace))


def report_of(trace):
    return json.loads(common.output(common.CLI, "report", "--json", trace))["rows"]


def run_unix(name, level, folder, ring=None):
    script, trace = os.path.join(folder, name + ".py"), os.path.join(folder, "trace.hst")
    with open(script, "w") as f:
        f.write(programs.for_unix(name, N, M))
    if os.path.exists(trace):
        os.unlink(trace)
    to = {"HEAPSTRATA_RING": "%s:%s" % (trace, ring)} if ring else {"HEAPSTRATA_OUT": trace}
    environ = dict(os.environ, HEAPSTRATA_LEVEL=level, HEAPSTRATA_TIME_SCALE=str(TIME_SCALE), **to)
    subprocess.run([common.firmware("unix32/micropython"), "-X", "heapsize=" + HEAP, script], env=environ, check=True,
                   stdout=subprocess.DEVNULL, timeout=120)
    return trace


def requests(found):
    return found["requests"]  # of a summary whose beginning is overwritten, allocations and resizes are not known one by one


def errors(rows):
    """How far the bytes of a line with at least a twentieth of all may be off, on average; None when exact."""
    whole = sum(row["bytes"] for row in rows)
    off = [(row["bytes_high"] - row["bytes_low"]) / 2 / row["bytes"] for row in rows
           if "bytes_low" in row and row["bytes"] * 20 > whole]
    return 100 * statistics.mean(off) if off else None


def sizes(report, folder):
    """Bytes of the trace, and how many allocations a small ring still tells of."""
    rows, events = [], None
    for name, level, _ in LEVELS:
        found, off, reach = [], [], {ring: [] for ring in RINGS}
        for program in programs.NAMES:
            trace = run_unix(program, level, folder)
            found.append(stat(trace))
            off.append(errors(report_of(trace)))
            for ring in RINGS:
                reach[ring].append(requests(stat(run_unix(program, level, folder, ring))))
        events = events or sum(f["events"] for f in found)
        size = sum(f["bytes"] for f in found)
        off = [o for o in off if o is not None]
        rows.append([name, size, size / events, statistics.mean(off) if off else None,
                     *(int(statistics.median(reach[ring])) for ring in RINGS)])
    report.table("sizes", ["level", "bytes", "bytes/event", "error of a line, %", *("ring of %s, requests" % r for r in RINGS)], rows,
                 "perf_bench, unix32, heap %s: trace of all 14 programs; events are those of level full; error: half of the 95 %% "
                 "interval\n  of lines with 5 %% of the bytes and more, mean; rings: allocations and reallocs told of, median of "
                 "the programs" % HEAP)


def cost(report, folder):
    elf = common.firmware("qemu-arm/firmware.elf")
    machine = board.Board(elf, board.build_plugin(), folder)
    rows = []
    for name, _, level in LEVELS:
        counts, ratios, samples = board.Counts(), [], 0
        for program in programs.NAMES:
            one, text = machine.count(programs.for_board(program, N, M, level=level))
            if not one:
                report.skip("%s at level %s" % (program, name), text)
                continue
            counts.add(one)
            ratios.append(one.total / one.core)
            samples += one.entered("hs_level_put")
        allocs = max(counts.entered("__wrap_gc_alloc"), 1)
        hooks = counts.scope["alloc hook"] + counts.scope["alloc encode"]
        frees = max(counts.entered("__wrap_gc_free"), 1)
        rows.append([name, allocs, hooks / allocs, (counts.scope["free hook"] + counts.scope["free encode"]) / frees,
                     counts.scope["collection"] / max(counts.entered("__wrap_gc_collect_end"), 1), samples,
                     common.geometric_mean(ratios)])
    report.table("cost", ["level", "allocations", "instructions each", "a free", "a collection", "recorded or counted", "recording/own core"],
                 rows, "perf_bench on the Cortex-M3: instructions of hooks and recorder")


def run(report):
    report.section("levels", "Levels: full, sampled, summary")
    with common.scratch() as folder:
        sizes(report, folder)
        cost(report, folder)
