# SPDX-License-Identifier: MIT
"""timeline: its figures against stat and map, and the chart."""
import csv
import io

from cli_record import record, shown


def rows(cli, *args):
    status, out, err = cli.out("timeline", "--csv", *args)
    cli.check("CSV of " + " ".join(args[:-1]), status == 0, err)
    return [{k: None if not v else v if k == "level" else float(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(out))]


def case_figures(cli):
    trace, _ = record(cli, "marks")
    s = cli.json("stat", trace)
    for by in ("time", "event"):
        for points in ("1", "7", "200", "100000"):
            r = rows(cli, "--by", by, "--points", points, trace)
            name = "%s, %s points: " % (by, points)
            cli.check(name + "no more than wanted", 1 <= len(r) <= int(points), len(r))
            cli.check(name + "the end is stat's", [r[-1][k] for k in ("used_bytes", "free_bytes", "largest_free_bytes")]
                      == [s[k] for k in ("used_bytes", "free_bytes", "largest_free_bytes")], r[-1])
            cli.check(name + "the peak is kept", max(x["used_max"] for x in r if x["used_max"] is not None) == s["peak_used_bytes"])
            cli.check(name + "events, collections and marks are all there",
                      [sum(x[k] for x in r) for k in ("samples", "collections", "marks")]
                      == [s["records"], s["collections"], 5], s)
            cli.check(name + "fragmentation is by its definition", abs(r[-1]["fragmentation"] - s["fragmentation"]) < 1e-6)
            missing = [x["used_bytes"] is None for x in r]
            cli.check(name + "figures are missing only before there is a heap", missing == sorted(missing, reverse=True) and not missing[-1], missing[:20])
            cli.check(name + "extremes hold the figures", all(
                x[k + "_min"] <= x[k + e] <= x[k + "_max"] for x in r if x["samples"] and x["used_bytes"] is not None
                for k, e in (("used", "_bytes"), ("free", "_bytes"), ("largest_free", "_bytes"), ("fragmentation", ""))))


def case_every_event(cli):
    """As many points as events: the figures at any of them are those of the map there."""
    trace, _ = record(cli, "marks")
    r = rows(cli, "--by", "event", "--points", "100000", "--size", "200", trace)
    for x in r[20::len(r) // 15]:
        m = cli.json("map", "--json", "--at", "event:%d" % x["event"], trace)["regions"][0]
        runs = [len(run) for run in m["map"].replace("h", "=").split("=") if run]
        free = sum(runs)
        cli.check("event %d as in the map" % x["event"],
                  [x["used_bytes"], x["free_bytes"], x["largest_free_bytes"], x["waste_bytes"]]
                  == [m["used_bytes"], m["free_bytes"], m["largest_free_bytes"], m["used_bytes"] - m["requested_bytes"]], (x, m))
        cli.check("its runs by length", sum(v for k, v in x.items() if k.startswith("free_runs")) == len(runs), x)
        short = sum(run for run in runs if run * m["granule_bytes"] < 200)
        cli.check("what is unusable", abs(x["unusable"] - short / free) < 1e-6, (x["unusable"], short, free))


def case_range(cli):
    trace, _ = record(cli, "marks")
    t = cli.json("timeline", "--json", "--from", "mark:start", "--to", "mark:turn#2", trace)
    cli.check("from a mark to a mark", [m["label"] for m in t["marks"]] == ["start", "turn", "turn"], t["marks"])
    whole = cli.json("timeline", "--json", trace)
    cli.check("marks of the whole", [m["label"] for m in whole["marks"]] == ["start"] + ["turn"] * 3 + ["printed"])
    cli.check("pauses add up", abs(sum(c["pause_s"] for c in whole["collections"])
                                   - sum(p["pause_s"] for p in whole["points"])) < 1e-9)
    status, _, err = cli.out("timeline", "--from", "mark:none", trace)
    cli.check("no such beginning", status == 2 and "no mark 'none' (--from)" in err, err)


def case_failure(cli):
    trace = cli.trace("fragment")
    f = cli.json("timeline", "--json", trace)["failures"]
    cli.check("the failure, and why", f and f[-1]["verdict"] == "fragmented" and f[-1]["free_bytes"] >= f[-1]["size"]
              > f[-1]["largest_free_bytes"] and "fragment.py:" in f[-1]["site"], f)


def case_chart(cli):
    trace = cli.trace("fragment")
    for locale, ascii_only in (("C", True), ("C.UTF-8", False)):
        for width in (50, 80, 150):
            out = shown("timeline", trace, LC_ALL=locale, COLUMNS=str(width))
            plot = [l for l in out.splitlines() if l[9:10] in ("|", "\u2502") and "%," not in l]
            cli.check("chart, %s, %d columns" % (locale, width), out.isascii() == ascii_only
                      and all(len(l) == width for l in plot) and len(plot) > 14 and "fragmented" in out, out)
    cli.check("no colours in a file", "\033" not in out)
    cli.check("colours when asked for", "\033[34m" in cli.out("timeline", "--color=always", trace)[1])
