# SPDX-License-Identifier: MIT
"""What we export as CTF, read back by ourselves: the same heap, and the same lines."""
import os
import re
import subprocess

import hs_test

PROGRAMS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "export", "programs")
HEAPS = {"unix64": "160k", "unix32": "80k"}
SAME = ("used_bytes", "blocks", "requested_bytes", "peak_used_bytes", "allocs", "reallocs", "failed", "lost",
        "total_bytes", "free_bytes", "free_runs", "largest_free_bytes", "frees", "swept", "collections")


def traces(bench):
    for firmware, program in (("unix64", "busy"), ("unix32", "busy"), ("unix64", "threads")):
        trace = bench.path("%s-%s.hst" % (firmware, program))
        if not os.path.exists(trace):
            hs_test.run_firmware(firmware, ["-X", "heapsize=" + HEAPS[firmware], program + ".py"], trace=trace, cwd=PROGRAMS)
        yield "%s on %s" % (program, firmware), trace


def export(bench, trace, events):
    folder = "%s-%s" % (trace, events)
    if not os.path.exists(folder):
        done = hs_test.cli("export", "-f", "ctf", "--events", events, "-o", folder, trace)
        bench.check("exported: " + os.path.basename(folder), done.status == 0, done.err)
    return folder


def case_same_heap(bench):
    for name, trace in traces(bench):
        folder = export(bench, trace, "both")
        before, after = bench.stat(trace), bench.stat(folder)
        differ = {k: (before[k], after[k]) for k in SAME if before[k] != after[k]}
        bench.check("%s, and back: %d bytes in %d blocks, and all the rest" % (name, after["used_bytes"], after["blocks"]), not differ, differ)
        bench.check("%s, and back: the same blocks at the same places" % name, bench.live(trace)[0] == bench.live(folder)[0] != {})


def case_wrapper_events_only(bench):
    for name, trace in traces(bench):
        folder = export(bench, trace, "libc")
        before, after = bench.stat(trace), bench.stat(folder)
        bench.check("%s, libc events only, and back: what is derived is named" % name,
                    b"heap size from blocks" in hs_test.cli("stat", folder).out, hs_test.cli("stat", folder).out)
        bench.check("%s, libc events only, and back: %d bytes" % (name, after["used_bytes"]), all(before[k] == after[k] for k in
                    ("used_bytes", "blocks", "peak_used_bytes", "allocs", "reallocs")), after)


def case_same_lines(bench):
    for name, trace in traces(bench):
        folder = export(bench, trace, "both")
        for options in (("--live",), ("--peak",), ()):
            def rows(path):
                return sorted((r["line"], r["bytes"], r["allocs"], r["live_bytes"]) for r in bench.rows(path, *options)
                              if ".py:" in r["line"])
            ours, back = rows(trace), rows(folder)
            bench.check("%s, and back: %d lines %s" % (name, len(ours), " ".join(options)), ours == back and ours,
                        sorted(set(ours) ^ set(back))[:4])


def case_same_diagnosis(bench):
    """But for the last digit of a time: the folder's clock has another unit."""
    for name, trace in traces(bench):
        def verdicts(path):
            return [re.sub(r"lasts for \d+(\.\d+)? ", "lasts for ", f["verdict"]) for f in hs_test.cli_json("doctor", path)[1]["findings"]]
        folder = export(bench, trace, "both")
        bench.check("%s, and back: the same verdicts" % name, verdicts(trace) == verdicts(folder), (verdicts(trace), verdicts(folder)))


def case_failures_and_marks(bench):
    _, trace = next(traces(bench))
    folder = export(bench, trace, "both")

    def failures(path):
        return [(f["line"], f["asked_bytes"]) for f in hs_test.cli_json("report", path)[1]["failures"]]
    bench.check("failed allocations come back with their lines", failures(trace) == failures(folder) != [], failures(folder))

    def marks(path):
        return [e["label"] for e in map(__import__("json").loads, hs_test.cli("dump", path, "--json").out.splitlines()) if e["kind"] == "MARK"]
    bench.check("marks come back", marks(trace) == marks(folder), marks(folder))


def case_records_only(bench):
    """Our records alone do not tell which blocks a collection frees."""
    _, trace = next(traces(bench))
    folder = export(bench, trace, "records")
    done = hs_test.cli("stat", folder)
    bench.check("records only: refused, with what to do", done.status == 2 and b"--events both" in done.err and folder.encode() in done.err,
                done.err)


def case_exported_again(bench):
    """An import can be exported once more; babeltrace2 finds as many events of the wrapper."""
    _, trace = next(traces(bench))
    first, second = export(bench, trace, "libc"), bench.path("again")
    done = hs_test.cli("export", "-f", "ctf", "--events", "libc", "-o", second, first)

    def events(folder):
        text = subprocess.run(["babeltrace2", folder], stdout=subprocess.PIPE, text=True, check=True).stdout
        return text.count("lttng_ust_libc:")
    bench.check("exported, imported, exported", done.status == 0 and events(first) == events(second), done.err)
