# SPDX-License-Identifier: MIT
"""Call frames: what heapstrata why says of their words, where the program is such that it is known."""
import hs_test

PROGRAM = """
import gc
import heapstrata
def keep(*all):
    pass
def wash(n):
    return n and wash(n - 1)
def at(label):
    gc.collect()
    heapstrata.mark(label)
def local():
    x = [1] * 7 # local
    at("local")
    return x
def argument(first, second):
    at("argument")
def operand():
    keep(1, [3] * 7, at("operand")) # operand
def left_small():
    keep(1, 2, 3, [4] * 7) # left_small
    at("left_small")
def left_large():
    keep(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, [5] * 7, 12) # left_large
    at("left_large")
def generator():
    y = [6] * 7 # generator
    at("generator")
    yield 1
    return y
def looped():
    for i in [7] * 7: # looped
        at("looped")
        break
def in_finally():
    try:
        return [8] * 7 # in_finally
    finally:
        at("in_finally")
def in_with(manager):
    with manager as z:
        keep(1, [9] * 7, at("in_with")) # in_with
class Manager:
    def __enter__(self):
        return 5
    def __exit__(self, *unused):
        pass
def handled():
    try:
        raise ValueError([10] * 7)
    except ValueError as e:
        keep(e.args[0], [11] * 7, at("handled")) # handled
def star(*rest, **named):
    at("star")
def nested():
    return (lambda a: [at("nested"), a])([13] * 7) # nested
def chosen(flag):
    return keep(1, [14] * 7 if flag else None, at("chosen")) # chosen
local()
argument([2] * 7, 5) # argument
operand()
left_small()
left_large()
wash(5)
list(generator())
looped()
in_finally()
in_with(Manager())
handled()
star(1, [12] * 7, other=2) # star
nested()
chosen(True)
"""
# Case: uses of slots that hold the list, by function; None: no slot of a frame holds it.
EXPECTED = {
    "local": {("local", "local", 0)},
    "argument": {("argument", "argument", 0), ("<module>", "stack", 1)},
    "operand": {("operand", "stack", 2)},
    "left_small": {("left_small", "left over", 4)},
    "left_large": {("left_large", "left over", 11)},
    "generator": {("generator", "local", 0)},
    "in_finally": {("in_finally", "stack", 0)},
    "in_with": {("in_with", "stack", 4)},
    "handled": {("handled", "stack", 2)},
    "nested": {("<lambda>", "argument", 0), ("nested", "stack", 1)},
    "chosen": {("chosen", "stack", 2)},
}


def lines(program):
    return {line.rsplit("# ", 1)[1]: i for i, line in enumerate(program.splitlines(), 1) if "# " in line}


def slots(suite, trace, label, name, line):
    """Slots of frames that hold the list made on that line: {(function, use, index)}."""
    found = suite.json("why", "--at", "mark:" + label, "-n", "0", trace, "%s:%d" % (name, line)).get("found", [])
    lists = [f for f in found if f["retained_blocks"] == 2 and f["kind"] == "list"]
    held = {(r["slot"]["function"].split(" ")[-1], r["slot"]["use"], r["slot"]["index"])
            for f in lists for r in f["references"] if "slot" in r}
    return held, found


def check_all(suite, which, trace, name, at):
    for label, expected in EXPECTED.items():
        held, found = slots(suite, trace, label, name, at[label])
        suite.check("%s: %s is held by %s" % (which, label, ", ".join("%s %d of %s" % (u, i, f) for f, u, i in sorted(expected))),
                    held == expected, (held, found))


def case_frames(suite):
    script = suite.write("frames.py", PROGRAM)
    for firmware in hs_test.UNIX:
        trace = suite.run(script, firmware=firmware, HEAPSTRATA_REFS="mark")[0]
        check_all(suite, firmware, trace, "frames.py", lines(PROGRAM))
        text = suite.out("why", "--at", "mark:left_large", trace, "frames.py:%d" % lines(PROGRAM)["left_large"])[1]
        suite.check("... and in words", "slot 11 of the stack of left_large (frames.py:" in text
                    and "left over: above what is in use" in text, text)


def case_example(suite):
    """The founding question, on both: slot 2 of the module's frame, left over."""
    for firmware in hs_test.UNIX:
        trace = suite.example("const", firmware=firmware, HEAPSTRATA_REFS="mark")[0]
        for mark, references in (("before", 2), ("after del", 1)):
            found = suite.json("why", "--at", "mark:" + mark, trace, "const.py:7")["found"][0]
            slot = [r.get("slot") for r in found["references"] if r.get("slot")]
            suite.check("%s, %s: the list is in slot 2 of the module's stack, left over" % (firmware, mark), slot == [
                {"use": "left over", "index": 2, "function": "const.py <module>", "line": 28}]
                and found["n_references"] == references, found["references"])
        trace = suite.example("plain", firmware=firmware, HEAPSTRATA_REFS="mark")[0]
        found = suite.json("why", "--at", "mark:before", trace, "plain.py:7")["found"][0]
        suite.check("... of plain.py no slot holds it", found["n_references"] == 1 and "slot" not in found["references"][0], found)


def case_recursion(suite):
    """Frames of one function many times, each with a list of its own."""
    script = suite.write("deep.py", "import heapstrata\ndef deep(n):\n    mine = [n] * 9\n    if n:\n        return deep(n - 1) + len(mine)\n"
                         "    heapstrata.snapshot(refs=True)\n    return 0\ndeep(30)\n")
    for firmware in hs_test.UNIX:
        trace = suite.run(script, firmware=firmware)[0]
        frames = suite.out("dump", "-k", "frame", trace)[1].count("FRAME")
        found = suite.json("why", "-n", "0", trace, "deep.py:3")["found"]
        held = [[r["slot"]["use"] for r in f["references"] if "slot" in r] for f in found]
        held = [uses for uses in held if uses]
        suite.check("%s: 31 frames and the script's" % firmware, frames == 32, frames)
        suite.check("... each holds its list by a local variable", held == [["local"]] * 31, held)
