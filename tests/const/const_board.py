# SPDX-License-Identifier: MIT
"""References, frames, globals and phases on the emulated Cortex-M3: the firmware without a file system or an operating
system, whose roots are the port's own registers and stack."""
import os

import hs_test
import qemu_mp

import const_frames
import const_phase
import const_refs

MODULES = {name + ".py": text.encode() for name, text in const_phase.MODULES.items()}


def on_board(suite, name, script, files=None):
    """The trace of a script that is typed into the board's raw REPL, and what it printed."""
    trace = os.path.join(hs_test.scratch(), name + ".img")
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU)) as board:
        if files:
            out, err = board.run(qemu_mp.FILESYSTEM % files)
            suite.check("Cortex-M3: modules from memory", not err, err)
        board.run("import heapstrata\nheapstrata.reset()\n")
        out, err = board.run(script)
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    suite.check("Cortex-M3: %s runs" % name, not err, err)
    return trace, out.decode(errors="replace").replace("\r", "")


def case_references(suite):
    """Each block's retained size, dominator and references by brute force, as on the unix firmwares."""
    trace, _ = on_board(suite, "program", const_refs.PROGRAM)
    g = const_refs.compare_all(suite, "Cortex-M3", trace, 4, sample=150)
    kinds = {kind for kind, _ in g.roots}
    suite.check("... roots in mp_state_ctx and on the stack", {1, 3} <= kinds, kinds)
    end = suite.json("map", "--at", "mark:end", trace)["regions"][0]["map"]
    freed, reached = {head for head in g.heads if end[head] == "."}, g.reach()
    weak = {head for kind, head in g.roots if kind != 1}
    near = weak | {to for w in weak for _, to in g.edges[w]}
    suite.check("... what the graph does not reach is what the next collection frees", len(freed) > 60
                and freed - near <= set(g.heads) - reached and len(freed ^ (set(g.heads) - reached)) <= 8, freed ^ (set(g.heads) - reached))
    for name, kind in (("table", "list"), ("shared", "dict"), ("ring", "list")):
        found = suite.json("why", trace, name)["found"]
        suite.check("... %s is found by its name" % name, found and found[0]["kind"] == kind
                    and found[0]["address"] == g.address(g.names[name]), found)
    step = suite.json("why", trace, "table")["found"][0]["path"][0]
    if suite.tap.needs("... and its root by its member's name", "ELFUTILS"):
        suite.check("... and its root by its member's name", "dict_main" in step["what"], step)


def case_untouched(suite):
    """As for the unix firmwares: garbage included, the heap is as it was."""
    script = ("import heapstrata, gc\na = b = 0\nkept = [[i] for i in range(300)]\nx = [[i] for i in range(100)]\nx = None\n"
              "heapstrata.mark('a')\na = gc.mem_alloc()\nheapstrata.snapshot(refs=True)\nb = gc.mem_alloc()\nheapstrata.mark('b')\nprint(a == b)\n")
    trace, out = on_board(suite, "untouched", script)
    a, b = (suite.json("map", "--at", "mark:" + m, trace)["regions"][0]["map"] for m in "ab")
    suite.check("Cortex-M3: the heap is as it was", a == b and out.strip() == "True", out)


def case_frames(suite):
    trace, _ = on_board(suite, "frames", "import heapstrata\nheapstrata.refs('mark')\n" + const_frames.PROGRAM.lstrip("\n"))
    script = "import heapstrata\nheapstrata.refs('mark')\n" + const_frames.PROGRAM.lstrip("\n")
    const_frames.check_all(suite, "Cortex-M3", trace, "<stdin>", const_frames.lines(script))


def case_example(suite):
    """const.py and plain.py on the board: the same cause, slot 2 of the module's stack."""
    for which, refs in (("const", 1), ("plain", 0)):
        with open(os.path.join(suite.short, which + ".py")) as file:
            script = "import heapstrata\nheapstrata.refs('mark')\n" + file.read().replace('__name__ == "__main__"', "True")
        trace, out = on_board(suite, which, script)
        said = {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in out.splitlines()}
        for mark, bytes_used in said.items():
            at = suite.json("compare", "--at", "mark:" + mark, trace, trace)
            suite.check("Cortex-M3, %s.py: bytes at '%s' are the firmware's own" % (which, mark),
                        at["figures"]["retained_bytes"][0] == bytes_used, (at["figures"], bytes_used))
        suite.check("... a copy takes 64 bytes; del gives 64 back, or with const nothing",
                    said["with a copy"] - said["before"] == 64 and said["without the copy"] == said["before"]
                    and said["before"] - said["after del"] == (0 if refs else 64), said)
        for mark in ("before", "after del") if refs else ("before",):
            found = [f for f in suite.json("why", "--at", "mark:" + mark, trace, "<stdin>:9")["found"] if f["kind"] == "list"][0]
            held = [r.get("slot", {}).get("use") for r in found["references"] if "name " not in r["what"]]
            suite.check("... at '%s' it is held by %s" % (mark, "a slot that is left over, and no other" if refs else "its name alone"),
                        held == ["left over"] * refs, found["references"])


def case_phases(suite):
    trace, out = on_board(suite, "phases", const_phase.MAIN, MODULES)
    report = suite.json("phases", trace)
    nodes = const_phase.tree(report)
    paths = [path for path in nodes if path[-1:] == ("import:outer",)]
    suite.check("Cortex-M3: an import as a tree", len(paths) == 1, sorted(nodes))
    base = paths[0]
    wanted = [base + p for p in (("open",), ("parse",), ("compile",), ("run",), ("run", "import:inner"),
                                 ("run", "import:inner", "parse"), ("run", "import:inner", "run"))]
    wanted += [base[:-1] + ("import:bad", "parse"), base[:-1] + ("import:fails", "run")]
    suite.check("... with its phases", all(w in nodes for w in wanted), sorted(nodes))
    grew, again = (int(n) for n in out.split())
    suite.check("... an import grew the heap by what gc.mem_alloc() says, less what the search for it has taken in the file system",
                grew - 1024 < nodes[base]["grew_bytes"] < grew and again == 0, (nodes[base]["grew_bytes"], out))
    const_phase.check_sums(suite, trace, report)


def case_globals(suite):
    script = "import heapstrata, gc\nnumber = 12345\ntable = [1, 2, [3, 4]]\ngc.collect()\nheapstrata.snapshot(refs=True)\n"
    trace, _ = on_board(suite, "globals", script)
    main = {g["name"]: g for m in suite.json("globals", "-m", "__main__", trace)["modules"] for g in m["globals"]}
    suite.check("Cortex-M3: globals, their slots and their code", {"number", "table"} <= set(main)
                and main["number"]["slot_bytes"] == 8 and main["number"]["code_bytes"] == 7 and main["table"]["code_bytes"] == 11, main)
