# SPDX-License-Identifier: MIT
"""report and annotate: sums that must agree however they are cut, verdicts, pins."""
import collections
import csv
import io
import os
import shutil

import hs_test
from cli_stat import records


def total(rows, field):
    return sum(row[field] for row in rows)


def case_sums(cli):
    for stacks in (0, 1):
        trace = cli.trace("fragment", HEAPSTRATA_STACKS=stacks)
        s, expected = cli.json("stat", trace), None
        for keys in ("line", "function", "file", "kind", "native", "stack", "file,kind", "kind,line"):
            r = cli.json("report", "--sort", keys, trace)
            rows = r["rows"]
            sums = [total(rows, f) for f in ("bytes", "taken_bytes", "allocs", "reallocs", "live_bytes", "live_blocks",
                                             "peak_bytes", "freed", "swept", "failed")]
            expected = expected or sums
            name = "%s, stacks %d: " % (keys, stacks)
            cli.check(name + "the same sums by every key", sums == expected, "%s %s" % (sums, expected))
            cli.check(name + "names are unique",
                      len({tuple(row[k] for k in keys.split(",")) for row in rows}) == len(rows), rows)
            cli.check(name + "shares make 1", abs(total(rows, "overhead") - 1) < 1e-6, total(rows, "overhead"))
        cli.check("allocations are those of stat", total(rows, "allocs") == s["allocs"])
        cli.check("live bytes are the used ones of stat", total(rows, "live_bytes") == s["used_bytes"])
        cli.check("peak bytes are the peak of stat", total(rows, "peak_bytes") == s["peak_used_bytes"])
        cli.check("swept blocks are those of stat", total(rows, "swept") == s["swept"])


def case_lines_against_dump(cli):
    trace = cli.trace("fragment")
    asked = collections.Counter()
    times = collections.Counter()
    for r in records(cli, trace):
        if r["kind"].lower() in ("alloc", "realloc"):
            asked[r.get("where")] += r["size"]
            times[r.get("where")] += 1
    rows = {row["line"]: row for row in cli.json("report", trace)["rows"]}
    python = [w for w in asked if w and ".py:" in w]
    cli.check("dump names lines", len(python) > 5, python)
    for where in python:
        row = rows.get(where, {})
        cli.check("report and dump agree on " + where, row and row["bytes"] == asked[where]
                  and row["allocs"] + row["reallocs"] == times[where], row)


def case_order_and_limits(cli):
    trace = cli.trace("fragment")
    for option, field in ((None, "bytes"), ("--live", "live_bytes"), ("--peak", "peak_bytes")):
        rows = cli.json("report", *([option] if option else []), trace)["rows"]
        values = [row[field] for row in rows]
        cli.check("ranked by " + field, values == sorted(values, reverse=True), values)
    rows = cli.json("report", "--limit", "3", trace)["rows"]
    cli.check("--limit 3", len(rows) == 3)
    rows = cli.json("report", "--min-percent", "5", trace)["rows"]
    cli.check("--min-percent 5", rows and all(row["overhead"] >= 0.05 for row in rows), rows)
    cli.check("text says how many are left out", "more not shown" in cli.out("report", "-n", "2", trace)[1])


def case_csv(cli):
    trace = cli.trace("fragment")
    table = list(csv.DictReader(io.StringIO(cli.out("report", "--csv", trace)[1])))
    rows = cli.json("report", trace)["rows"]
    cli.check("CSV and JSON have the same rows", [r["line"] for r in table] == [r["line"] for r in rows])
    cli.check("... and the same numbers", [int(r["bytes"]) for r in table] == [r["bytes"] for r in rows])


def case_children(cli):
    trace = cli.trace("fragment", HEAPSTRATA_STACKS=1)
    rows = {r["function"]: r for r in cli.json("report", "--sort", "function", trace)["rows"]}
    fill, main, module = (rows[n + " (fragment.py)"] for n in ("fill", "main", "<module>"))
    cli.check("a caller has what it called", module["children"] >= main["children"] >= fill["children"] > 0.5, rows)
    cli.check("... and less of its own", main["overhead"] < 0.2, main)
    rows = cli.json("report", "--no-children", trace)["rows"]
    cli.check("--no-children", "children" not in rows[0], rows[0])
    rows = cli.json("report", cli.trace("fragment"))["rows"]
    cli.check("no stacks, no children", "children" not in rows[0], rows[0])
    graph = cli.json("report", "-g", trace)["call_graph"]
    lines = {g["line"]: [c["line"].split()[-1] for c in g["callers"]] for g in graph}
    fills = [l for l in lines if l.endswith(" fill")]
    cli.check("--call-graph names the callers of fill", fills and all(lines[l] == ["main", "<module>"] for l in fills),
              lines)
    text = cli.out("report", "-g", trace)[1]
    cli.check("... in text as well", "            fragment.py:" in text, text)


def case_verdicts(cli):
    trace = cli.trace("verdicts")
    failures = cli.json("report", trace)["failures"]
    seen = [(f["verdict"], f["line"].split()[-1]) for f in failures]
    for verdict, function in (("locked", "locked"), ("full", "full"), ("uncollected", "uncollected")):
        cli.check("verdict " + verdict, (verdict, function) in seen, seen)
    cli.check("what was asked for", any(f["asked_bytes"] >= 1000000 for f in failures), failures)


def case_pins(cli):
    trace = cli.trace("fragment")
    r = cli.json("report", trace)
    last = r["failures"][-1]
    cli.check("the failure is for fragmentation", last["verdict"] == "fragmented"
              and last["largest_free_bytes"] < last["asked_bytes"] <= last["free_bytes"], last)
    pins = r["pins"]
    cli.check("pins saw the same heap", pins["largest_free_bytes"] == last["largest_free_bytes"]
              and pins["free_bytes"] == last["free_bytes"], pins)
    first = pins["lines"][0]
    cli.check("the line between the runs is named", first["line"] == "fragment.py:13 fill", pins["lines"][:3])
    cli.check("... and without it there would be room", first["largest_free_without_bytes"] >= last["asked_bytes"]
              and pins["lines_needed"] == 1, pins)
    text = cli.out("report", trace)[1]
    cli.check("text says so", "=> without the blocks of the first line" in text, text)
    end = cli.json("report", "--pins", trace)["pins"]
    s = cli.json("stat", trace)
    cli.check("--pins shows the end", end["largest_free_bytes"] == s["largest_free_bytes"]
              and end["free_bytes"] == s["free_bytes"], end)


def case_native_names(cli):
    trace = cli.trace("fragment")
    rows = cli.json("report", "--sort", "native", trace)["rows"]
    cli.check("native functions by the traced program's symbols",
              not any(r["native"].startswith("anchor") for r in rows if r["bytes"]), [r["native"] for r in rows])
    other = hs_test.firmware("unix32")
    status, out, err = cli.out("report", "--sort", "native", "--elf", other, trace)
    cli.check("another build's ELF file gives a warning", status == 0 and "another build" in err and out, err)
    kinds = {r["kind"] for r in cli.json("report", "--sort", "kind", trace)["rows"]}
    cli.check("kinds of blocks", {"list", "bytecode"} <= kinds, kinds)


def case_annotate(cli):
    trace = cli.trace("fragment")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "fragment.py")
    with open(source) as text:
        lines = text.read().split("\n")
    status, out, err = cli.out("annotate", trace)
    cli.check("no source beside the trace: said so, status 2", status == 2 and "--source" in err, err)
    status, out, err = cli.out("annotate", "--source", os.path.dirname(source), trace)
    listing = [l.split(" |", 1)[1] for l in out.splitlines() if " |" in l and not l.startswith("#")][1:]
    shown = [l[7:] for l in listing]
    cli.check("the whole source is listed", status == 0 and shown == lines[:-1], "\n".join(shown))
    rows = {(r["line"]).split()[0]: r for r in cli.json("report", trace)["rows"] if ".py" in r["line"]}
    data = cli.json("annotate", "--source", source, trace)
    file = [f for f in data["files"] if f["file"] == "fragment.py"][0]
    cli.check("numbers are those of report", all(rows["fragment.py:%d" % l["line"]]["bytes"] <= l["bytes"]
                                                 for l in file["lines"]), file)
    cli.check("text is that of the line", all(l["text"] == lines[l["line"] - 1] for l in file["lines"]), file)
    copy = os.path.join(hs_test.scratch(), "beside")
    os.makedirs(copy, exist_ok=True)
    shutil.copy(source, copy)
    shutil.copy(trace, os.path.join(copy, "x.hst"))
    status, out, err = cli.out("annotate", "--source", copy, os.path.join(copy, "x.hst"))
    cli.check("a source beside the trace is found", status == 0 and "junk = []" in out, err)
    status, out, _ = cli.out("annotate", "-c", "0", "-s", copy, os.path.join(copy, "x.hst"))
    cli.check("--context 0 shows only lines with figures", "for i in range(n)" not in out and "bytearray(200)" in out, out)
    status, _, err = cli.out("annotate", "--file", "other.py", trace)
    cli.check("--file that is not there", status == 2 and "other.py" in err, err)
