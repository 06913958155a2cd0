# SPDX-License-Identifier: MIT
"""Export: how fast a trace becomes CTF, and in how much memory; beside it babeltrace2 making text of the result, and ourselves
making a trace of it again."""
import os
import re
import shutil
import statistics

import common
import fast
import programs
import synthetic

ROUNDS = 3
SETS = ["libc", "records", "both"]


def ctf(program, trace, folder, events):
    """(seconds of processor time, peak KB) of an export."""
    shutil.rmtree(folder, ignore_errors=True)
    return fast.timed(program, common.CLI, "export", "--format", "ctf", "--events", events, "-o", folder, trace)


def count(folder):
    """Events in a CTF trace, by babeltrace2."""
    text = common.output("babeltrace2", folder, "-c", "sink.utils.counter")
    return int(re.findall(r"(\d+) Event messages", text)[-1])


def row(program, name, trace, folder, events):
    runs = [ctf(program, trace, folder, events) for _ in range(ROUNDS)]
    seconds = statistics.median(t for t, _ in runs)
    told = count(folder)
    return [name + ", " + events, told / 1e6, sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder)) / 1e6,
            told / seconds / 1e6, fast.count(trace) / seconds / 1e6, max(kb for _, kb in runs) / 1024]


def show_speed(report, program, folder, traces):
    rows, texts = [], []
    for name, trace in traces:
        rows += [row(program, name, trace, os.path.join(folder, "ctf"), events) for events in SETS]
        seconds = fast.timed(program, "babeltrace2", os.path.join(folder, "ctf"))[0]
        back, kb = fast.timed(program, common.CLI, "stat", os.path.join(folder, "ctf"))
        told = count(os.path.join(folder, "ctf"))
        texts.append([name + ", both", told / seconds / 1e6, told / back / 1e6, kb / 1024])
    report.table("speed", ["trace, events", "M CTF events", "MB", "M CTF events/s", "M heap events/s", "peak MB"], rows,
                 "to CTF through libbabeltrace2, processor time, medians of %d" % ROUNDS)
    report.table("text", ["the same traces, M CTF events/s", "babeltrace2 to text", "heapstrata stat", "its peak MB"], texts,
                 "stat reads the folder: libbabeltrace2's reader, recorder, reader and model")
    for line in rows:
        if line[0].endswith("both"):  # what is written unless said otherwise
            report.target("export to CTF, %s: million CTF events a second" % line[0], line[3], 2.0, at_least=True)
        report.target("export to CTF, %s: million heap events a second" % line[0], line[4], 2.0, at_least=True)


def show_memory(report, program, folder):
    rows = []
    for events in (synthetic.EVENTS // 500, synthetic.EVENTS // 50, synthetic.EVENTS // 5):
        trace = fast.synthetic_trace(folder, "sweep", events)
        rows.append([events / 1e6, ctf(program, trace, os.path.join(folder, "ctf"), "both")[1] / 1024])
    report.table("memory", ["M heap events", "peak MB"], rows, "peak memory against the length of the trace")
    report.target("export to CTF: peak memory of 100 times the events", rows[-1][1] / rows[0][1], 1.25)


def run(report):
    report.section("export", "Export: to CTF")
    if not common.have("babeltrace2"):
        report.skip("export", "babeltrace2 is not installed")
        return
    program = common.compile_c("timed", ["tests/bench/timed.c"])
    with common.scratch() as folder:
        traces = [("perf_bench, long run", programs.long_run(folder, max(1, synthetic.EVENTS // 2500000))),
                  ("synthetic, sweeps", fast.synthetic_trace(folder, "sweep", synthetic.EVENTS // 10))]
        show_speed(report, program, folder, traces)
        show_memory(report, program, folder)
