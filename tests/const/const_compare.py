# SPDX-License-Identifier: MIT
"""heapstrata compare, against what the firmware itself says of its heap."""
import os
import shutil

import hs_test

EXAMPLE = os.path.join(hs_test.ROOT, "examples", "const-vs-global")

EXPECTED = {
    "const": {"before": 1200, "with a copy": 1264, "without the copy": 1200, "after del": 1200},
    "plain": {"before": 1120, "with a copy": 1184, "without the copy": 1120, "after del": 1056},
    "none": {"before": 992, "with a copy": 1056, "without the copy": 992, "after del": 992},
}
ROWS = ("kinds", "lines", "functions", "imports", "phases")
NO_PEAK = ("imports", "phases")
CHANGING = "import heapstrata, gc\nkept = [bytearray(%d) for i in range(20)]\ngc.collect()\nheapstrata.mark('m')\n"


def traces(suite):
    return [suite.example(which)[0] for which in ("plain", "const", "none")]


def adds_up(suite, name, c):
    """Every table's rows add up to the figures of every trace."""
    for table in ROWS:
        for side in range(len(c["traces"])):
            row_sum = sum(row["retained_bytes"][side] for row in c[table]) + c["rounding_bytes"][side]
            suite.check("%s: %s of trace %d add up" % (name, table, side),
                        row_sum == c["figures"]["retained_bytes"][side], row_sum)
            for figure in ("allocated_bytes", "allocs", "blocks") + (() if table in NO_PEAK else ("peak_bytes",)):
                total = sum(row[figure][side] for row in c[table])
                suite.check("... and their %s" % figure, total == c["figures"][figure][side],
                            (total, c["figures"][figure]))


def case_example(suite):
    for which, expected in EXPECTED.items():
        suite.check("gc.mem_alloc() of %s.py is what the article saw" % which, suite.example(which)[1] == expected,
                    suite.example(which)[1])
    c = suite.json("compare", "--at", "mark:before", *traces(suite))
    for mark in c["marks"]:
        said = [EXPECTED[which][mark["label"]] for which in ("plain", "const", "none")]
        suite.check("bytes at mark '%s' are the firmware's own" % mark["label"], mark["used_bytes"] == said, mark)
    for mark in EXPECTED["plain"]:
        at = suite.json("compare", "--at", "mark:" + mark, *traces(suite))
        said = [EXPECTED[which][mark] for which in ("plain", "const", "none")]
        suite.check("bytes held at '%s'" % mark, at["figures"]["retained_bytes"] == said, at["figures"])
        adds_up(suite, "at " + mark, at)


def case_named(suite):
    c = suite.json("compare", "--at", "mark:before", *traces(suite))
    changed = {row["name"]: [b - row["retained_bytes"][0] for b in row["retained_bytes"]] for row in c["kinds"]
               if len(set(row["retained_bytes"])) > 1}
    constants = "module constants" if suite.tap.needs("the kind of module constants, which the firmware's variables tell", "ELFUTILS") else "module"
    suite.check("the 80 bytes of const and the 128 of the list, by kind",
                changed == {"call frame": [0, 68, 0], "list": [0, 0, -56], "bytecode": [0, 6, -46],
                            "dict table": [0, 0, -16], constants: [0, 4, -4]}, changed)
    rounding = [b - c["rounding_bytes"][0] for b in c["rounding_bytes"]]
    suite.check("... and rounding, add up", sum(v[1] for v in changed.values()) + rounding[1] == 80
                and sum(v[2] for v in changed.values()) + rounding[2] == -128, (changed, rounding))
    lines = {(row["name"], row["kind"]): row["retained_bytes"] for row in c["lines"]}
    suite.check("the list is on one line in both, though the script has another name",
                lines.get(("plain.py:7 <module>", "list")) == [56, 56, 0], lines)
    text = suite.out("compare", "--at", "mark:before", *traces(suite))[1]
    suite.check("text closes with the sum", text.count("= gc.mem_alloc()") == len(ROWS) and "+80" in text and "-128" in text, text)


def case_names(suite):
    """With snapshots of references: what goes with each global name."""
    with_refs = [suite.example(which, HEAPSTRATA_REFS="mark")[0] for which in ("plain", "const", "none")]
    c = suite.json("compare", "--at", "mark:before", *with_refs)
    names = {row["name"]: row["retained_bytes"] for row in c.get("globals", [])}
    suite.check("the list goes with its name, but not where a stale word holds it",
                names.get("__main__.levels") == [64 + 24 + 35, 24 + 42, 0], names)
    adds_up(suite, "with references", c)
    c = suite.json("compare", "--at", "mark:before", *traces(suite))
    suite.check("without references there are no names", "globals" not in c and "lines" in c)


def case_moved_lines(suite):
    """The copy in main() is two lines higher in none.py: still one row."""
    c = suite.json("compare", "--source", EXAMPLE, "--at", "mark:with a copy", *traces(suite))
    rows = [row for row in c["lines"] if row["name"] == "plain.py:14 main" and row["kind"] == "list"]
    suite.check("lines are matched by their text", rows and rows[0]["retained_bytes"] == [56, 56, 56], c["lines"])


def case_last_collection(suite):
    trace = suite.run(suite.write("grow.py", CHANGING % 100))[0]
    c = suite.json("compare", trace, trace)
    end = suite.json("stat", trace)
    suite.check("a trace does not differ from itself", len(set(c["figures"]["retained_bytes"])) == 1
                and c["figures"]["retained_bytes"][0] >= 20 * 112 and end["events"] > 0, c["figures"])
    suite.check("... in any row", all(len(set(row[k])) == 1 for t in ROWS for row in c[t] for k in row
                                      if k not in ("name", "kind", "phase")))


SMALL = "table = [1, 2, 3]\ndef f():\n    return '%s'\n" % ("long text " * 40)  # outgrows the lexer's buffer
LARGE = SMALL + "more = [0] * 100\n"
MAIN = "import %s\nimport %s\nimport gc\ngc.collect()\n"


def case_phases(suite):
    """One run imports inner by way of outer, the other itself and first, with a list more in inner."""
    mains = []
    for folder, inner, main in zip(("base", "other"), (SMALL, LARGE), (("outer", "inner"), ("inner", "outer"))):
        suite.write(folder + "/inner.py", inner)
        suite.write(folder + "/outer.py", "import inner\nX = 'a name'\n")
        mains.append(suite.write(folder + "/main.py", MAIN % main))
    for firmware, pointer in (("unix32", 4), ("unix64", 8)):
        base, other = (suite.run(main, firmware=firmware)[0] for main in mains)
        c = suite.json("compare", "--at", "end", base, other)
        adds_up(suite, firmware + ", imports", c)
        imports = {row["name"]: row for row in c["imports"]}
        suite.check("%s: a row for each import and the script" % firmware,
                    {"import inner", "import outer", "main.py"} <= set(imports), sorted(imports))
        phases = {(row["name"], row["phase"]): row for row in c["phases"]}
        wanted = {("import inner", p) for p in ("lex", "parse", "compile", "run")}
        suite.check("... and for each of its phases", wanted <= set(phases), sorted(phases))
        suite.check("... an import is the sum of its phases", all(
            row[figure] == [sum(p[figure][s] for (name, _), p in phases.items() if name == row["name"]) for s in (0, 1)]
            for row in c["imports"] for figure in ("retained_bytes", "allocated_bytes", "allocs", "blocks")), phases)
        for side, trace in enumerate((base, other)):
            nodes = suite.json("phases", trace)["phases"]
            suite.check("... trace %d: what phases says of it" % side, all(
                phases["import inner", n["phase"]]["retained_bytes"][side] == n["self"]["kept_requested_bytes"]
                and phases["import inner", n["phase"]]["allocated_bytes"][side] == n["self"]["asked_bytes"]
                for n in nodes if n["parent"] is not None and inside(nodes, n) == "inner"), phases)
        body = phases["import inner", "run"]["retained_bytes"]
        suite.check("... the list is in the body of the module", 100 * pointer <= body[1] - body[0] <= 100 * pointer + 64, body)
        outer = phases["import outer", "run"]["retained_bytes"]
        suite.check("... and not in that of what imports it", outer[1] <= outer[0], outer)
    c = suite.json("compare", "--by", "peak", base, other)
    suite.check("--by peak: no imports", "imports" not in c and "phases" not in c and "lines" in c, sorted(c))
    text = suite.out("compare", base, other)[1]
    suite.check("imports in text", "# By import" in text and "run      import inner" in text, text)


def inside(nodes, node):
    """The innermost module that was being imported."""
    while node["phase"] != "import" and node["parent"] is not None:
        node = nodes[node["parent"]]
    return node["name"]


def case_without_phases(suite):
    whole = suite.example("plain")[0]
    late = os.path.join(hs_test.scratch(), "late.ring")
    hs_test.run_firmware("unix32", ["-X", "heapsize=120k", suite.write("late_compare.py", "import heapstrata\nheapstrata.stop()\n"
                         "heapstrata.reset()\nheapstrata.start()\nx = [1]\n")], ring=late + ":64k")
    c = suite.json("compare", "--at", "end", whole, late)
    suite.check("only one trace has phases: no imports, and said so", "imports" not in c and "lines" in c
                and "phases" in c["traces"][1]["apart"], c["traces"])


def case_fail_above(suite):
    small = suite.run(suite.write("grow.py", CHANGING % 100))[0]
    large = suite.run(suite.write("grow2.py", CHANGING % 300))[0]
    status, out, _ = suite.out("compare", "--fail-above", "1K", small, large)
    suite.check("--fail-above 1K: status 1", status == 1, status)
    culprits = out[out.find("FAIL"):].splitlines()
    suite.check("... and the first culprit is the line", len(culprits) > 1 and "bytearray, grow.py:2" in culprits[1],
                out[-500:])
    suite.check("within the limit: status 0", suite.out("compare", "--fail-above", "10K", small, large)[0] == 0)
    suite.check("percent", suite.out("compare", "--fail-above", "5%", small, large)[0] == 1
                and suite.out("compare", "--fail-above", "500%", small, large)[0] == 0)
    suite.check("less is no failure", suite.out("compare", "--fail-above", "0", large, small)[0] == 0)
    suite.check("--by peak", suite.out("compare", "--by", "peak", "--fail-above", "1K", small, large)[0] == 1)
    c = suite.json("compare", "--fail-above", "1K", small, large, status=1)
    suite.check("JSON says which", [t["exceeds"] for t in c["traces"]] == [False, True], c["traces"])


def case_apart(suite):
    plain32 = suite.example("plain")[0]
    plain64 = suite.example("plain", firmware="unix64")[0]
    c = suite.json("compare", plain32, plain64)
    suite.check("another word size: only figures, and said so", not any(t in c for t in ROWS)
                and "word_size" in c["traces"][1]["apart"] and c["figures"]["retained_bytes"][1] > 0, c["traces"])
    text = suite.out("compare", plain32, plain64)[1]
    suite.check("... in text as well", "another word size" in text and "kinds" in text, text[:600])
    other = suite.example("plain", heap="64k")[0]
    c = suite.json("compare", plain32, other)
    suite.check("another heap size is said", c["traces"][1]["apart"] == ["heap_size"] and "kinds" in c, c["traces"])
    away = os.path.join(hs_test.scratch(), "away")
    os.makedirs(away, exist_ok=True)
    copy = shutil.copy(hs_test.firmware("unix32"), os.path.join(away, "micropython"))
    script = suite.write("away.py", CHANGING % 100)
    trace = os.path.join(away, "away.hst")
    hs_test.run([copy, "-X", "heapsize=120k", script], env={"HEAPSTRATA_OUT": trace})
    os.remove(copy)
    c = suite.json("compare", trace, trace)
    suite.check("no names of native functions: no kinds, and said so", "kinds" not in c and "lines" in c
                and "unnamed" in c["traces"][1]["apart"], c["traces"])


def case_bad(suite):
    plain = suite.example("plain")[0]
    empty = suite.write("empty.hst", "")
    for name, args, word in (
            ("one trace", [plain], "2 to 16"),
            ("an empty file", [plain, empty], "empty.hst"),
            ("a missing file", [plain, plain + ".not"], plain + ".not"),
            ("a mark that is not there", ["--at", "mark:nowhere", plain, plain], "no mark 'nowhere'"),
            ("a moment that is none", ["--at", "soon", plain, plain], "--at"),
            ("a limit that is none", ["--fail-above", "much", plain, plain], "--fail-above"),
            ("a limit below nothing", ["--fail-above=-5", plain, plain], "--fail-above"),
            ("seventeen traces", [plain] * 17, "too many")):
        status, out, err = suite.out("compare", *args)
        suite.check("%s: status 2 and why" % name, status == 2 and word in err, (status, err))
    status, out, _ = suite.out("compare", "--help")
    suite.check("--help has examples", status == 0 and "Examples:" in out)
