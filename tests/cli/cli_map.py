# SPDX-License-Identifier: MIT
"""map: against what the firmware printed, against stat, and compared with itself."""
import re

import hs_test
from cli_record import record, shown


def printed(out):
    """The firmware's own map, with h for the type letters of heads."""
    text = out[out.index("GC: total"):out.index("arguments")]
    return re.sub(r"(?m)^([0-9a-f]{8}: )(.*)$", lambda m: m[1] + re.sub("[A-Z]", "h", m[2]), text)


def case_as_printed(cli):
    for firmware in hs_test.UNIX:
        trace, done = record(cli, "marks", firmware=firmware)
        status, out, err = cli.out("map", "--at", "mark:printed", "--style", "meminfo", trace)
        cli.check(firmware + ": the map is what the firmware printed", status == 0 and out == printed(done.out.decode()),
                  err + out)


def case_moments(cli):
    trace, _ = record(cli, "marks")
    at = {when: cli.json("map", "--json", "--at", when, trace) for when in
          ("mark:start", "mark:turn#1", "mark:turn#3", "mark:turn", "end", "0s", "1000s", "event:0")}
    events = [m["event"] for m in cli.json("timeline", "--json", trace)["marks"]]
    cli.check("marks are where the timeline has them", [at[w]["event"] for w in ("mark:start", "mark:turn#1", "mark:turn#3")]
              == [events[0], events[1], events[3]], events)
    cli.check("of several marks the last", at["mark:turn"] == at["mark:turn#3"])
    cli.check("a late time is the end", at["1000s"] == at["end"])
    for when in ("mark:start", "mark:turn#1", "end"):
        again = cli.json("map", "--json", "--at", "event:%d" % at[when]["event"], trace)
        cli.check("by event as by " + when, again == at[when])
        number = at[when]["event"]
        cli.check("by record as by " + when, cli.json("map", "--json", "--at", "record:%d" % number, trace) == again)
        cli.check("it is called a record at " + when, ", record %d" % number in cli.out("map", "--at", when, trace)[1])
    s = cli.json("stat", trace)
    region = at["end"]["regions"][0]
    cli.check("the end is stat's", [region[k] for k in ("used_bytes", "free_bytes", "largest_free_bytes")]
              == [s[k] for k in ("used_bytes", "free_bytes", "largest_free_bytes")], region)
    cells = region["map"]
    cli.check("map and blocks agree", cells.count("h") == len(region["blocks"]) and all(
        re.match("h={%d}(?!=)" % (b["granules"] - 1), cells[b["granule"]:]) for b in region["blocks"]))
    cli.check("so do its free runs", max(map(len, re.findall(r"\.+", cells))) * region["granule_bytes"]
              == region["largest_free_bytes"])
    for bad in ("mark:none", "mark:turn#4", "soon", "event:x"):
        status, _, err = cli.out("map", "--at", bad, trace)
        cli.check("no moment " + bad, status == 2 and "'" in err, err)


def case_compared(cli):
    trace, _ = record(cli, "marks")
    before, after = (cli.json("map", "--json", "--at", w, trace) for w in ("mark:turn#1", "end"))
    change = cli.json("map", "--json", "--at", "mark:turn#1", "--diff", "end", trace)
    a, b, c = before["regions"][0]["map"], after["regions"][0]["map"], change["regions"][0]["changes"]
    expected = {(".", "."): ".", (".", "u"): "+", ("u", "."): "-"}
    fits = [z in "=~" if x != "." and y != "." else z == expected[(x if x == "." else "u", y if y == "." else "u")]
            for x, y, z in zip(a, b, c)]
    cli.check("changes follow from both maps", len(a) == len(b) == len(c) and all(fits))
    granule = after["regions"][0]["granule_bytes"]
    came, went = (sum(s[k] for s in change["sites"]) for k in ("came_bytes", "went_bytes"))
    cli.check("what came and went makes the difference", came - went
              == granule * (sum(x != "." for x in b) - sum(x != "." for x in a)), (came, went))
    nothing = cli.json("map", "--json", "--at", "end", trace, trace)
    cli.check("a trace is equal to itself", nothing["sites"] == [] and set(nothing["regions"][0]["changes"]) <= set(".="))


def case_for_people(cli):
    trace, _ = record(cli, "marks")
    for width in ("60", "80", "200"):
        out = shown("map", trace, COLUMNS=width, LC_ALL="C.UTF-8")
        cli.check("no line is wider than %s" % width, max(
            len(l) for l in out.splitlines() if re.match("[0-9a-f]{8}: ", l)) <= int(width), out)
    cli.check("no colours in a file", "\033" not in out)
    cli.check("colours when asked for", "\033[" in cli.out("map", "--color=always", trace)[1])
    out = shown("map", trace, LC_ALL="C")
    cli.check("ASCII outside UTF-8", out.isascii() and "marks.py:11" in out, out)
    status, _, err = cli.out("map", "--region", "nowhere", trace)
    cli.check("no such region", status == 2 and "nowhere" in err, err)
