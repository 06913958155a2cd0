# SPDX-License-Identifier: MIT
"""dump: records, filters, dictionary and packets."""
import json
import os

import hs_test
from cli_record import record


def lines(cli, *args):
    status, out, err = cli.out("dump", "--json", *args)
    cli.check("dump " + " ".join(args[:-1]), status == 0, err)
    return [json.loads(line) for line in out.splitlines()]


def case_records(cli):
    trace, _ = record(cli, "marks")
    s = cli.json("stat", trace)
    r = lines(cli, trace)
    cli.check("all records, in order", [x["event"] for x in r] == list(range(s["records"])), len(r))
    cli.check("time never goes back", all(a["time_s"] <= b["time_s"] for a, b in zip(r, r[1:])))
    cli.check("places are found", all(x["pos"] is not None and x["granules"] > 0 for x in r if x["kind"] == "ALLOC"))
    cli.check("sweeps say how many they freed", sum(x.get("freed", 0) for x in r) == s["swept"])
    text = cli.out("dump", trace)[1].splitlines()
    cli.check("as many lines of text", len(text) == len(r))
    marks = [x for x in r if x["kind"] == "MARK"]
    cli.check("labels", [x["label"] for x in marks] == ["start", "turn", "turn", "turn", "printed"], marks)
    raw = lines(cli, "--raw", trace)
    cli.check("raw has ranks or places left to the reader", len(raw) == len(r)
              and any("rank" in x for x in raw) or any(x.get("pos", 0) is None for x in raw))


def case_filters(cli):
    trace, _ = record(cli, "marks")
    everything = lines(cli, trace)
    some = lines(cli, "--kind", "mark,Collect", "--kind", "free", trace)
    cli.check("kinds", some == [x for x in everything if x["kind"] in ("MARK", "COLLECT", "FREE")] and some)
    here = lines(cli, "--site", "marks.py:11", trace)
    cli.check("a site by its name", here and here == [x for x in everything if "marks.py:11" in x.get("where", "")])
    number = str(here[0]["site"])
    cli.check("a site by its number", lines(cli, "--site", number, trace)
              == [x for x in everything if str(x.get("site")) == number])
    part = lines(cli, "--from", "event:100", "--to", "event:120", trace)
    cli.check("from event to event", part == everything[100:121], [x["event"] for x in part])
    part = lines(cli, "--from", "mark:turn", "--to", "mark:turn", trace)
    cli.check("a mark to itself", [x.get("label") for x in part] == ["turn"], part)
    status, _, err = cli.out("dump", "--kind", "nonsense", trace)
    cli.check("no such kind", status == 2 and "nonsense" in err, err)


def case_below_records(cli):
    trace, _ = record(cli, "marks")
    s = cli.json("stat", trace)
    packets = lines(cli, "--packets", trace)
    cli.check("packets", len(packets) == s["packets"] and sum(p["records"] for p in packets) == s["records"]
              and {p["crc"] for p in packets} <= {"ok", "open"}, packets)
    cli.check("packets as text", len(cli.out("dump", "--packets", trace)[1].splitlines()) == len(packets))
    d = lines(cli, "--dict", trace)
    numbers = [x["number"] for x in d if x["kind"] == "SITE"]
    cli.check("sites are numbered from 1", numbers == list(range(1, len(numbers) + 1)) and numbers)
    cli.check("sites have their lines", any(x.get("file") == "marks.py" and x["line"] == 11 for x in d))
    cli.check("facts", any(x["kind"] == "FACT" and x["key"] == "port" for x in d))
    status, _, err = cli.out("dump", "--dict", "--packets", trace)
    cli.check("not both", status == 2 and err, err)


def case_numbers(cli):
    """Bytes that are numbers or text are shown as such."""
    log = os.path.join(hs_test.scratch(), "meminfo.log")
    done = hs_test.run([hs_test.firmware("unix64"), "-c", "import micropython\nx = [[i] for i in range(20)]\nmicropython.mem_info(1)"])
    with open(log, "wb") as f:
        f.write(done.out)
    holders = lines(cli, "--kind", "holder", log)
    cli.check("blocks of a mem_info map are numbers", holders and all(isinstance(n, int) for x in holders for n in x["further"])
              and any(len(x["further"]) > 1 for x in holders), holders[:3])
    text = cli.out("dump", "--kind", "holder", log)[1]
    cli.check("in text too", text.count("further=") == len(holders) and any("further=%s" % ",".join(map(str, x["further"])) in text
              for x in holders if len(x["further"]) > 1), text[:500])
    names = [x["name"] for x in lines(cli, "--kind", "region", log)]
    cli.check("names are text", names and all(isinstance(n, str) and not n.startswith("67") for n in names), names)
