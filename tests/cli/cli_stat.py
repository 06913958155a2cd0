# SPDX-License-Identifier: MIT
"""stat: its figures against each other, and against a count of what dump prints."""
import collections
import json

FIELDS = """events allocs frees reallocs swept failed lost collections packets bytes bytes_per_event
peak_used_bytes used_bytes free_bytes largest_free_bytes fragmentation""".split()


def records(cli, trace):
    return [json.loads(line) for line in cli.out("dump", "--json", trace)[1].splitlines()]


def case_figures(cli):
    for firmware in ("unix64", "unix32"):
        trace = cli.trace("fragment", firmware)
        s = cli.json("stat", trace)
        cli.check(firmware + ": all fields are there", not [f for f in FIELDS if f not in s], s.keys())
        cli.check("events are the sum of their kinds",
                  s["events"] == s["allocs"] + s["frees"] + s["reallocs"] + s["swept"] + s["failed"], s)
        cli.check("used and free make the heap", s["used_bytes"] + s["free_bytes"] == s["total_bytes"], s)
        cli.check("fragmentation is by its definition",
                  abs(s["fragmentation"] - (1 - s["largest_free_bytes"] / s["free_bytes"])) < 1e-5, s)
        cli.check("bytes per event", abs(s["bytes_per_event"] - s["bytes"] / s["events"]) < 1e-5, s)
        cli.check("peak is no less than the end", s["used_bytes"] <= s["peak_used_bytes"] <= s["total_bytes"], s)
        cli.check("one region, with the heap's figures",
                  len(s["regions"]) == 1 and all(s["regions"][0][f] == s[f] for f in FIELDS if f in s["regions"][0]
                                                 and f != "events"), s["regions"])
        cli.check("nothing is missing", s["lost"] == 0 and not s["warnings"], s["warnings"])
        cli.check("pointers are those of the firmware", s["pointer_bytes"] == int(firmware[4:]) // 8, s)


def case_against_dump(cli):
    trace = cli.trace("fragment")
    s = cli.json("stat", trace)
    kinds = collections.Counter(r["kind"].lower() for r in records(cli, trace))
    for kind, field in (("alloc", "allocs"), ("free", "frees"), ("realloc", "reallocs"), ("fail", "failed"),
                        ("collect", "collections")):
        cli.check("dump has as many records of kind " + kind, kinds[kind] == s[field], "%s %s" % (kinds, s[field]))


def case_text(cli):
    trace = cli.trace("fragment")
    s = cli.json("stat", trace)
    status, out, _ = cli.out("stat", trace)
    for field, name in (("events", "events"), ("swept", "swept"), ("peak_used_bytes", "peak used bytes"),
                        ("largest_free_bytes", "largest free run")):
        line = [l for l in out.splitlines() if l[18:].startswith(name)]
        cli.check("text shows " + name, status == 0 and line and line[0].split()[0] == format(s[field], ","), out)
