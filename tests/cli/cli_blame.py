# SPDX-License-Identifier: MIT
"""blame: against an answer counted on the map, on the demo, and what it says when it cannot answer."""
import os
import random
import re

import hs_test

DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
PLANTED = {"logger.py:13 __init__", "logger.py:18 summarise"}
BUFFERS = "sensor.py:11 read"


def demo(cli, **env):
    """Trace of the demo; with HEAPSTRATA_COLLECT_EVERY it need not fail."""
    key = ("demo", tuple(sorted(env.items())))
    if key not in cli.made:
        path = os.path.join(hs_test.scratch(), "demo-%d.hst" % len(cli.made))
        done = hs_test.run_firmware("unix64", ["-X", "heapsize=68k", "logger.py"], trace=path, cwd=DEMO,
                                    env={k: str(v) for k, v in env.items()})
        cli.made[key] = path, done.status
    return cli.made[key]


def last(line):
    """Without the folder."""
    return line and line[line.rfind("/") + 1:]


def counted(region, size, fewest):
    """(figure that is to be smallest, the other one) of the best stretch of granules, or None: by trying each."""
    granule, table = region["granule_bytes"], region["map"]
    block, at = [], -1
    for c in table:
        at += c == "h"
        block.append(None if c == "." else at)
    lengths = [0] * (at + 1)
    for b in block:
        if b is not None:
            lengths[b] += 1
    n, best = -(-size // granule), None
    for start in range(len(table) - n + 1):
        inside = {b for b in block[start:start + n] if b is not None}
        cost = len(inside), sum(lengths[b] for b in inside) * granule
        cost = cost if fewest == "blocks" else cost[::-1]
        best = cost if best is None or cost < best else best
    return best


def case_counted(cli):
    """The set is the smallest that can be counted on the map, and the map without it has the run."""
    trace, _ = demo(cli)
    events, choose = cli.json("stat", trace)["records"], random.Random(8)
    for _ in range(6):
        at, size = "event:%d" % choose.randrange(40, events), choose.randrange(1, 30000)
        region = cli.json("map", "--at", at, trace)["regions"][0]
        for fewest in ("blocks", "bytes"):
            b = cli.json("blame", "--size", str(size), "--at", at, "--fewest", fewest, trace)["blame"]
            got = (b["blocks"], b["bytes"]) if fewest == "blocks" else (b["bytes"], b["blocks"])
            name = "%d bytes at %s, fewest %s" % (size, at, fewest)
            cli.check(name, got == counted(region, size, fewest), (got, counted(region, size, fewest)))
            table = list(region["map"])
            for block in b["set"]:
                table[block["pos"]:block["pos"] + block["granules"]] = "." * block["granules"]
            first = (int(b["run_address"], 16) - int(region["base"], 16)) // region["granule_bytes"]
            run = "".join(table[first:first + b["run_bytes"] // region["granule_bytes"]])
            cli.check(name + ": the run is free without it", run and set(run) == {"."} and b["run_bytes"] >= size, run)
            cli.check(name + ": lines hold the set", sum(x["blocks"] for x in b["lines"]) == len(b["set"]) == b["blocks"])


def case_demo(cli):
    trace, status = demo(cli)
    j = cli.json("blame", trace)
    b = j["blame"]
    cli.check("the demo fails, and blame tells of it", status == 1 and b["asked_bytes"] == 12288 and j["failed"] == 1
              and b["line"] == "logger.py:47 main" and j["failures"][0]["verdict"] == "fragmented", b)
    cli.check("it names the lines that were planted", PLANTED <= {x["line"] for x in b["lines"]}, b["lines"])
    cli.check("kinds and ages", {x["kind"] for x in b["lines"]} >= {"instance", "dict table"}
              and all(0 < x["youngest_seconds"] <= x["oldest_seconds"] for x in b["lines"]), b["lines"])
    least = cli.json("blame", "--fewest", "bytes", trace)["blame"]["lines"]
    cli.check("by bytes only these", {x["line"] for x in least} == PLANTED, least)
    rows = j["islands"]
    cli.check("islands are theirs", {x["line"] for x in rows[:2]} == PLANTED and sum(x["share"] for x in rows[:2]) > 0.8, rows)
    cli.check("beside the buffers", {last(x["beside"]) for x in rows[:2]} == {BUFFERS}, rows)
    advice = {(a["advice"], last(a["line"])) for a in j["advice"]}
    # To allocate the blocks of one of the two lines before leaves those of the other: that does not help, and is not advised.
    expected = {("reuse", BUFFERS), ("threshold", None)} | {("collect", line) for line in PLANTED}
    cli.check("advice", advice == expected, advice)
    cli.check("all of it was tried", all("tried on this trace, " in a["what"] for a in j["advice"]), j["advice"])
    told = [a for a in j["advice"] if a["advice"] == "threshold"]
    _, status = demo(cli, HEAPSTRATA_COLLECT_EVERY=told[0]["largest_bytes"])
    cli.check("the threshold advised helps the real program", status == 0, status)
    status, out, _ = cli.out("blame", trace)
    cli.check("in text", status == 0 and all(line in out for line in PLANTED) and "%d blocks" % b["blocks"] in out, out)


def case_advice(cli):
    """Each piece for the program that needs it."""
    found = {(a["advice"], last(a["line"])): a for a in cli.json("blame", cli.trace("advice", heap="48k"))["advice"]}
    for wanted in (("reuse", "advice.py:8 churn"), ("collect", "advice.py:23 <module>"), ("collect", "late.py:7 <module>"), ("threshold", None)):
        cli.check("%s: %s" % wanted, wanted in found, sorted(map(str, found)))
    less = [tuple(map(float, re.findall(r"falls from ([0-9.]+)% to ([0-9.]+)%", a["what"])[0])) for a in found.values()]
    cli.check("nothing failed: each piece makes the free space less fragmented", all(after < before for before, after in less), less)
    found = {(a["advice"], last(a["line"])): a for a in cli.json("blame", cli.trace("grow"))["advice"]}
    for wanted in (("final size", "grow.py:13 <module>"), ("earlier", "grow.py:16 <module>")):
        cli.check("%s: %s" % wanted, wanted in found, sorted(map(str, found)))
    resized = found.get(("final size", "grow.py:13 <module>"), {"blocks": 0, "why": ""})
    cli.check("evidence: resizes", resized["blocks"] >= 4 and "%d resizes" % resized["blocks"] in resized["why"], resized)


def case_tried(cli):
    """Advice is tried: what does not help is not given, nor one buffer for blocks that are all there at the same time."""
    program, trace = (os.path.join(hs_test.scratch(), "together" + end) for end in (".py", ".hst"))
    with open(program, "w") as f:
        f.write("import gc\nkeep = []\ndef small(i):\n    return bytearray(40)\ndef big(i):\n    return bytearray(300)\n"
                "def run():\n    tmp = []\n    for i in range(200):\n        tmp.append(big(i))\n        keep.append(small(i))\n"
                "    tmp = None\n    gc.collect()\n    return bytearray(40000)\nrun()\n")
    hs_test.run_firmware("unix64", ["-X", "heapsize=128k", program], trace=trace)
    advice = {(a["advice"], last(a["line"])): a for a in cli.json("blame", trace)["advice"]}
    cli.check("no buffer for what is live together", not [a for a in advice if a[0] == "reuse"], sorted(map(str, advice)))
    before = advice.get(("preallocate", "together.py:4 small"), {"what": ""})["what"]
    cli.check("blocks that are allocated before the loop are tried", before.endswith("tried on this trace, no allocation fails"), before)
    collect = advice.get(("collect", "together.py:4 small"), {"what": ""})["what"]
    cli.check("a collection is tried, with its condition", "no allocation fails if the blocks beside it are garbage by then" in collect,
              collect)
    with open(program) as f:
        code = f.read().replace("bytearray(40000)", "bytearray(125000)")
    with open(program, "w") as f:
        f.write(code)
    hs_test.run_firmware("unix64", ["-X", "heapsize=128k", program], trace=trace)
    j = cli.json("blame", trace)
    cli.check("what does not help is left out", j["failed"] == 1 and not j["advice"], j["advice"])


def case_questions(cli):
    trace, _ = demo(cli)
    b = cli.json("blame", "--size", "100", trace)["blame"]
    cli.check("where there is room no block is to blame", b["answer"] == "room" and not b["set"] and b["hypothetical"], b)
    b = cli.json("blame", "--size", "1M", trace)["blame"]
    cli.check("what fits into no region is impossible", b["answer"] == "impossible" and "set" not in b, b)
    j = cli.json("blame", cli.trace("verdicts"))
    s = cli.json("report", cli.trace("verdicts"))
    cli.check("each failure for want of room has a row",
              len(j["failures"]) == j["failed"] - j["failed_without_blame"] == len(
                  [f for f in s["failures"] if f["verdict"] in ("full", "fragmented", "unknown", "uncollected")]), j["failures"])
    cli.check("one under a lock has none", j["failed_without_blame"] >= 1, j["failed_without_blame"])
    marks = cli.trace("marks")
    first, late = (cli.json("blame", "--size", "1K", "--at", at, marks)["blame"]["number"] for at in ("mark:turn#1", "mark:turn"))
    cli.check("moments are those of map", [first, late] == [cli.json("map", "--at", at, marks)["event"]
                                                            for at in ("mark:turn#1", "mark:turn")], (first, late))


def case_refusals(cli):
    trace, _ = demo(cli)
    ring = os.path.join(hs_test.scratch(), "blame-ring")
    hs_test.run_firmware("unix64", ["-X", "heapsize=68k", "logger.py"], ring=ring + ":2K", cwd=DEMO)
    sampled = cli.trace("marks", HEAPSTRATA_LEVEL="sampled")
    for args, expected in ((["--size", "10", "--at", "mark:none", trace], "no mark 'none'"),
                           (["--size", "10", "--at", "soon", trace], "--at takes"), (["--at", "end", trace], "--at needs --size"),
                           (["--fewest", "sites", trace], "--fewest takes blocks|bytes"),
                           (["--size", "10", sampled], "blame needs a trace at level full; this one is level sampled"),
                           (["--size", "10", "--at", "0", ring], "layout is not known"),
                           ([os.path.join(DEMO, "logger.py")], "logger.py")):
        status, out, err = cli.out("blame", *args)
        cli.check("refused: " + " ".join(a for a in args if "/" not in a) + ": " + expected,
                  status == 2 and expected in err and not out, "%s %s %s" % (status, err, out))
