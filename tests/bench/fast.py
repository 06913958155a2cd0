# SPDX-License-Identifier: MIT
"""Fast: from a .hst file to figures, end to end, and the memory that takes."""
import json
import os
import statistics
import subprocess

import common
import lttng
import peers
import programs
import synthetic

ROUNDS = 5
LONG = 10 * synthetic.EVENTS
COMMANDS = [("stat", ["stat"]), ("report", ["report"]), ("timeline", ["timeline", "--csv"])]


def timed(program, *command):
    """(seconds of processor time, peak KB). With the file in memory and one thread, an idle machine takes no
    longer than that; a busy one does, and that is not ours to measure."""
    _, cpu, peak = common.output(program, *command).split()
    return float(cpu), int(peak)


def synthetic_trace(folder, mode, events):
    trace = os.path.join(folder, "%s-%d.stream" % (mode, events))
    common.output(synthetic.build(), "write", mode, str(events), trace)
    return trace


def packed(stream):
    """The same as a .hst container."""
    path = stream[:-len(".stream")] + ".hst"
    common.output(common.CLI, "import", "-o", path, stream)
    return path


def count(trace):
    return json.loads(common.output(common.CLI, "stat", "--json", trace))["events"]


def measure(program, inputs):
    """Median seconds and peak KB of each command over each input; by turns, so that all see the same machine."""
    runs = {}
    for _ in range(ROUNDS):
        for name, trace, _ in inputs:
            for command, arguments in COMMANDS:
                runs.setdefault((name, command), []).append(timed(program, common.CLI, *arguments, trace))
    return {key: (statistics.median(t for t, _ in found), max(kb for _, kb in found)) for key, found in runs.items()}


def babeltrace(report, folder, program):
    """Million events a second of babeltrace2's dummy sink over an LTTng trace of the same stream."""
    try:
        _, _, events = lttng.session(folder, synthetic.EVENTS // 20, 1)
        trace = os.path.join(folder, "trace")
        seconds = statistics.median(timed(program, "babeltrace2", trace, "-c", "sink.utils.dummy")[0] for _ in range(3))
        return events / seconds / 1e6
    except (subprocess.SubprocessError, OSError) as error:
        report.skip("babeltrace2", str(error))
        return None


def show_speed(report, inputs, found, babel):
    rows = []
    for name, trace, events in inputs:
        rates = [events / found[name, command][0] / 1e6 for command, _ in COMMANDS]
        peak = max(found[name, command][1] for command, _ in COMMANDS)
        rows.append([name, events / 1e6, os.path.getsize(trace) / 1e6, *rates, peak / 1024])
    report.table("speed", ["trace", "M events", "MB", *("%s, M/s" % c for c, _ in COMMANDS), "peak MB"], rows,
                 "million events a second of processor time, medians of %d, with start of the program" % ROUNDS)
    ours = rows[0][3]
    table = [["heapstrata stat, " + rows[0][0], ours, 1.0, "this run"]]
    if babel:
        table.append(["babeltrace2, dummy sink", babel, babel / ours, "this run, synthetic"])
    table += [[name, value, value / ours, peers.EARLIER] for name, value in peers.READERS.items()
              if not babel or "dummy" not in name]
    table.append(["bare LEB128 decoder with heap and sums", peers.BARE_LEB128_READER, peers.BARE_LEB128_READER / ours,
                  peers.EARLIER])
    report.table("peers", ["reader", "M events/s", "ratio", "measured"], table)
    for row in rows:
        report.target("stat, %s: million events a second" % row[0], row[3], 40.0, at_least=True)
        report.target("timeline, %s: million events a second" % row[0], row[5], 15.0, at_least=True)


def show_memory(report, folder, program):
    rows = []
    for events in (LONG // 100, LONG // 10, LONG):
        trace = synthetic_trace(folder, "sweep", events)
        peaks = [timed(program, common.CLI, *arguments, trace)[1] / 1024 for _, arguments in COMMANDS]
        rows.append([events / 1e6, os.path.getsize(trace) / 1e6, *peaks])
        os.remove(trace)
    report.table("memory", ["M events", "trace, MB", *("%s, MB" % c for c, _ in COMMANDS)], rows,
                 "peak memory against the length of the trace")
    report.target("peak memory, %d M events / %d M events" % (LONG // 1000000, LONG // 100000000),
                  max(rows[-1][2:]) / max(rows[0][2:]), 1.25)


def run(report):
    report.section("fast", "Fast: from a .hst file to figures")
    program = common.compile_c("timed", ["tests/bench/timed.c"])
    with common.scratch() as folder:
        streams = [("perf_bench, long run", programs.long_run(folder, max(1, synthetic.EVENTS // 250000))),
                   ("synthetic, sweeps", synthetic_trace(folder, "sweep", synthetic.EVENTS)),
                   ("synthetic, explicit frees", synthetic_trace(folder, "free", synthetic.EVENTS))]
        traces = [(name, packed(stream)) for name, stream in streams]
        traces.append(("perf_bench, raw stream", streams[0][1]))
        inputs = [(name, trace, count(trace)) for name, trace in traces]
        found = measure(program, inputs)
        show_speed(report, inputs, found, babeltrace(report, folder, program))
        show_memory(report, folder, program)
