# SPDX-License-Identifier: MIT
"""Phases: what an import costs, against gc.mem_alloc() and against the other reports."""
import os
import subprocess

import hs_test

MAIN = """
import gc, heapstrata
outer = inner = bad = None
a = b = c = d = 0
a = gc.mem_alloc()
import outer
b = gc.mem_alloc()
try:
    import bad
except SyntaxError:
    pass
try:
    import fails
except ValueError:
    pass
import outer
c = gc.mem_alloc()
import inner
d = gc.mem_alloc()
exec("x = [1, 2, 3]")
gc.collect()
print(b - a, d - c)
"""
MODULES = {
    "outer": "import inner\nX = 5\ndef f():\n    return '%s'\n" % ("long text " * 40),
    "inner": "table = [1, 2, 3]\nclass A:\n    def g(self):\n        return 7\n",
    "bad": "x = = 1\n",
    "fails": "keep = [1] * 50\nraise ValueError\n",
}


def write_all(suite, main, modules):
    for name, text in modules.items():
        suite.write(name + ".py", text)
    return suite.write("phases_main.py", main)


def tree(report):
    """{path of (phase, name): node}."""
    nodes, paths = report["phases"], {}
    for i, node in enumerate(nodes):
        above = paths[node["parent"]] if node["parent"] is not None else ()
        paths[i] = above + (node["phase"] + (":" + node["name"] if node["phase"] == "import" else ""),)
    return {paths[i]: node for i, node in enumerate(nodes)}


def case_tree(suite):
    script = write_all(suite, MAIN, MODULES)
    for firmware in hs_test.UNIX:
        trace, out = suite.run(script, firmware=firmware)
        report = suite.json("phases", trace)
        nodes = tree(report)
        base = ("outside", "run", "import:outer")
        wanted = [base + p for p in (("open",), ("parse",), ("compile",), ("run",), ("run", "import:inner"),
                                     ("run", "import:inner", "parse"), ("run", "import:inner", "run"))]
        wanted += [("outside", p) for p in ("open", "parse", "compile", "run")]
        wanted += [("outside", "run", "import:bad", "parse"), ("outside", "run", "import:fails", "run")]
        suite.check("%s: imports as a tree" % firmware, all(w in nodes for w in wanted), sorted(nodes))
        suite.check("... a module that is loaded already is no import", nodes[base]["times"] == 1
                    and ("outside", "run", "import:inner") not in nodes, sorted(nodes))
        suite.check("... one that cannot be compiled ends where it is", ("outside", "run", "import:bad", "run") not in nodes
                    and ("outside", "run", "import:bad", "import:fails") not in nodes, sorted(nodes))
        suite.check("... and the lexer's share of parsing is shown", ("outside", "run", "import:outer", "parse", "lex") in nodes, sorted(nodes))
        grew, again = (int(n) for n in out.split())
        suite.check("... an import grew the heap by what gc.mem_alloc() says", nodes[base]["grew_bytes"] == grew and again == 0,
                    (nodes[base]["grew_bytes"], out))
        check_sums(suite, trace, report)


def check_sums(suite, trace, report):
    nodes = report["phases"]
    stat = suite.json("stat", trace)
    suite.check("... all that is kept adds up to the heap", nodes[0]["all"]["kept_bytes"] == stat["used_bytes"]
                == sum(n["self"]["kept_bytes"] for n in nodes), (nodes[0]["all"], stat["used_bytes"]))
    asked = sum(row["bytes"] for row in suite.json("report", trace)["rows"])
    suite.check("... and what was asked for to that of the report", nodes[0]["all"]["asked_bytes"] == asked
                == sum(n["self"]["asked_bytes"] for n in nodes), (nodes[0]["all"], asked))
    bad = []
    for i, node in enumerate(nodes):
        for key in node["all"]:
            below = sum(n["all"][key] for n in nodes if n["parent"] == i)
            if node["all"][key] != node["self"][key] + below:
                bad.append((i, key))
        if sum(node["kept_by_kind"].values()) != node["all"]["kept_requested_bytes"]:
            bad.append((i, "kinds"))
    suite.check("... every phase is its own and its children, and its kinds add up", not bad, bad)


def case_mpy(suite):
    source = suite.write("packed.py", "names = ['a', 'b']\ndef f(x):\n    return x + 1\n")
    script = suite.write("mpy/main.py", "import packed\n")
    subprocess.run([os.environ["HS_MPY_CROSS"], "-o", os.path.join(os.path.dirname(script), "packed.mpy"), source], check=True)
    nodes = tree(suite.json("phases", suite.run(script)[0]))
    base = ("outside", "run", "import:packed")
    suite.check("an .mpy is loaded and run, not compiled", {n[len(base):] for n in nodes if n[:len(base)] == base}
                == {(), ("load",), ("run",)}, sorted(nodes))


def case_text(suite):
    script = write_all(suite, MAIN, MODULES)
    trace = suite.run(script)[0]
    status, out, _ = suite.out("phases", trace)
    suite.check("text says what an import is made of", status == 0 and "import outer keeps " in out and "bytecode" in out, out)
    status, out, _ = suite.out("phases", "-n", "3", trace)
    suite.check("--limit", "more not shown" in out, out)
    status, _, err = suite.out("phases", "--csv", trace)
    suite.check("phases --csv: status 2 and why", status == 2 and "--csv" in err, err)
    late = os.path.join(hs_test.scratch(), "late")
    hs_test.run_firmware("unix32", [suite.write("late.py", "import heapstrata\nheapstrata.stop()\nheapstrata.reset()\n"
                                                "heapstrata.start()\nx = [1]\n")], ring=late + ":64k")
    status, _, err = suite.out("phases", late)
    suite.check("a trace without imports: status 2 and why", status == 2 and "no phases" in err, err)
