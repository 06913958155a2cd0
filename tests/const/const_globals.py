# SPDX-License-Identifier: MIT
"""heapstrata globals, and the table of bytes a name."""
import json
import os
import shutil
import sys

import hs_test

PROGRAM = """
import heapstrata, gc
import settings
number = 12345
def table():
    return [1, 2, [3, 4]]
def wash(n):  # over what the stack still knows of the lists
    return n and wash(n - 1)
table = table()
one = two = [5] * 20
wash(20)
text = "a text that is not interned, since it is long"
gc.collect()
heapstrata.snapshot(refs=True)
"""
SETTINGS = "LIMIT = 1000\nNAMES = ['a', 'b']\n"


def case_globals(suite):
    suite.write("settings.py", SETTINGS)
    script = suite.write("globals.py", PROGRAM)
    for firmware, pointer in (("unix32", 4), ("unix64", 8)):
        trace = suite.run(script, firmware=firmware)[0]
        modules = {m["module"]: m for m in suite.json("globals", trace)["modules"]}
        suite.check("%s: modules with globals in RAM" % firmware, set(modules) == {"__main__", "settings"}, sorted(modules))
        main = {g["name"]: g for g in modules["__main__"]["globals"]}
        wanted = {"heapstrata", "gc", "settings", "number", "table", "one", "two", "text", "wash", "__name__", "__file__"}
        suite.check("... all their names", set(main) == wanted, sorted(main))
        suite.check("... a slot is a key and a value", all(g["slot_bytes"] == 2 * pointer for g in main.values()))
        suite.check("... places of the table make its size", modules["__main__"]["table_bytes"]
                    >= modules["__main__"]["table_slots"] * 2 * pointer, modules["__main__"])
        number, table = main["number"], main["table"]
        suite.check("... an integer is in its slot, and a name of ours is in RAM", number["value"] == "in the slot"
                    and number["alone_bytes"] == 0 and number["name_bytes"] == len("number") + 1 + pointer + 5, number)
        suite.check("... _const would leave the name, a literal nothing", number["as_underscore_const_bytes_estimate"]
                    == number["name_bytes"] and number["as_literal_bytes_estimate"] == 0, number)
        found = suite.json("why", trace, "__main__.table")["found"][0]
        also = [suite.json("why", trace, name + ".table")["found"] for name in ("main", "globals")]
        suite.check("... main and the script's file name mean __main__", also == [[found], [found]], also)
        also = [suite.json("globals", "-m", name, trace)["modules"] for name in ("main", "globals", "__main__")]
        suite.check("... of globals --module too", also[0] == also[1] == also[2] != [], also)
        suite.check("... but not of another module's name", suite.out("why", trace, "settings.table")[0] == 2)
        suite.check("... an object goes with its name, with all it alone keeps", table["alone_bytes"] == found["retained_bytes"]
                    and found["retained_blocks"] == 4 and table["as_const_bytes_estimate"] is None, (table, found))
        suite.check("... one with two names goes with neither", all(main[n]["alone_bytes"] == 0 and main[n]["value_bytes"]
                    and "also held elsewhere" in main[n]["value"] for n in ("one", "two")), (main["one"], main["two"]))
        suite.check("... totals add up", all(g["total_bytes"] == g["slot_bytes"] + g["name_bytes"] + g["code_bytes"] + g["alone_bytes"]
                    for g in main.values()) and modules["__main__"]["total_bytes"] == sum(g["total_bytes"] for g in main.values()))
        ours = suite.json("globals", "--module", "settings", trace)["modules"]
        suite.check("... --module", len(ours) == 1 and {g["name"] for g in ours[0]["globals"]} >= {"LIMIT", "NAMES"}, ours)
        suite.check("... settings has run, and no code of it is left; the script is running", not modules["settings"]["running"]
                    and modules["__main__"]["running"] and all(g["code_bytes"] == 0 for g in modules["settings"]["globals"])
                    and number["code_bytes"] > 0, modules)
        suite.check("... frozen, an integer is its slot", number["as_frozen_bytes_estimate"] == 2 * pointer, number)
        text = suite.out("globals", trace)[1]
        suite.check("... in text, estimates are marked", "~_const" in text and "# module settings" in text, text)
    status, _, err = suite.out("globals", "--module", "nobody", trace)
    suite.check("an unknown module: status 2 and why", status == 2 and "no module 'nobody'" in err, err)
    status, _, err = suite.out("globals", suite.example("plain")[0])
    suite.check("no references: status 2 and why", status == 2 and "refs=True" in err, err)


# Names, and the line that makes each. Without it the script's code is shorter by what `globals` says of the name.
MAKES = {
    "SMALL": "SMALL = 5",
    "NUMBER": "NUMBER = 1000",
    "TEXT": "TEXT = 'abc'",
    "TABLE": "TABLE = [1, 2000, [3, 4]]",
    "PLACES": "PLACES = {'a': 1, 'b': (2, 3)}",
    "CALLED": "CALLED = keep(1, keep(2), also=3)",
    "CHOSEN": "CHOSEN = 1 if flag else 200000 if not flag else keep(3)",
    "EITHER": "EITHER = flag and keep(1) or keep(2)",
    "SUM": "SUM = 1 + (flag + 3) * -flag",
    "CHAIN": "CHAIN = 1 < flag < 3",
    "first": "first = second = third = keep(7)",
    "left": "left, right = keep(1), 2",
    "one": "(one, *others) = [1, 2, 3]",
    "sys": "import sys",
    "pi": "from math import pi",
    "renamed": "import gc as renamed",
    "made": "made = keep(",  # over several lines, below
}
SEVERAL = {"first": ("first", "second", "third"), "left": ("left", "right"), "one": ("one", "others")}
APART = {"pi": 9}  # the import itself and what takes the module off again, and that is no name's


def making(without=None):
    lines = ["import heapstrata", "flag = True", "def keep(*all, also=None):", "    return None"]
    for name, line in MAKES.items():
        more = [line] if name != "made" else [line, "    1000,", "    2000)"]
        lines += more if name != without else [""] * len(more)
    return "\n".join(lines + ["", "heapstrata.snapshot(refs=True)", ""])


def case_code(suite):
    """The bytes of code that make a name, against those of a script without it."""
    for firmware in hs_test.UNIX:
        def script(without=None):
            return suite.run(suite.write("making.py", making(without)), firmware=firmware, heap="121k", of=without)[0]
        whole = script()
        made = {g["name"]: g["code_bytes"] for m in suite.json("globals", "-m", "__main__", whole)["modules"] for g in m["globals"]}
        for name in MAKES:
            c = suite.json("compare", "--at", "end", whole, script(name))
            less = [row["retained_bytes"][0] - row["retained_bytes"][1] for row in c["kinds"] if row["name"] == "bytecode"]
            said = sum(made[n] for n in SEVERAL.get(name, (name,))) + APART.get(name, 0)
            suite.check("%s: `%s` takes %d bytes of code" % (firmware, MAKES[name], said), less == [said], (less, said, made))


NAMES = os.path.join(hs_test.ROOT, "examples", "const-vs-global", "names.py")
WAYS = ("source", "mpy", "frozen")


def names_table(suite, *args, **more):
    done = hs_test.run([*args, sys.executable, NAMES, "--json", *more.pop("options", ())], timeout=600, **more)
    suite.check("names.py prints its table", done.status == 0, done.out + done.err)
    return json.loads(done.out or b"[]")


def names_elsewhere(suite, table):
    """The figures are the module's: they do not depend on where the firmware and the modules lie, nor on whose home is where."""
    for depth, home in ((25, None),) if hs_test.emulated("unix32") else ((12, "/home/somebody-with-a-long-name"), (25, None)):
        folder = os.path.join(hs_test.scratch(), *["deeper"] * depth)
        os.makedirs(folder, exist_ok=True)
        shutil.copytree(hs_test.MP, os.path.join(folder, "mp"), ignore=lambda top, names: [
            name for name in names if name not in (*hs_test.UNIX, "micropython")])
        elsewhere = names_table(suite, "env", *(["HOME=" + home] if home else ["-u", "HOME"]), options=["--no-frozen"], env={
            "HS_BUILD": folder, "HS_MP": os.path.join(folder, "mp"), "HS_MPY_CROSS": os.environ["HS_MPY_CROSS"]})
        suite.check("the same table from a path of %d folders" % depth, len(table) == 48 and table == elsewhere,
                    [(a, b) for a, b in zip(table, elsewhere) if a != b][:3])


def case_names(suite):
    """What the page says of the table. The firmwares with frozen modules are built for it."""
    table = names_table(suite)
    rows = {(r["bits"], r["way"], r["form"], r["names"]): r["bytes"] for r in table}
    suite.check("2 x 3 x 4 x 3 measures", len(rows) == 72, len(rows))
    suite.check("each mean is between least and most", all(r["least"] <= r["bytes"] <= r["most"] for r in table), table)
    for bits in (32, 64):
        def of(form, way, n):
            return rows[bits, way, form, n]
        pointer = bits // 8
        suite.check("%d bit: const() of an integer saves nothing" % bits, all(
            of("const", way, n) >= of("plain", way, n) for way in WAYS for n in (1, 10, 100)), rows)
        suite.check("... a plain name has its slot, its characters and its place among the interned", all(
            of("plain", way, 100) - of("literal", way, 100) > 100 * (2 * pointer + len("SETTING00") + 1 + pointer)
            for way in ("source", "mpy")), rows)
        suite.check("... _const() saves the slot, but from source not the name", all(
            of("literal", "source", n) + n * len("_SETTING00") <= of("_const", "source", n)
            <= of("plain", "source", n) - n * 2 * pointer for n in (10, 100)), rows)
        suite.check("... precompiled it is a literal, to the byte", all(
            of("_const", "mpy", n) == of("literal", "mpy", n) == of("literal", "source", n) for n in (1, 10, 100)), rows)
        suite.check("... frozen it is nothing", all(of(form, "frozen", n) == 0
                    for form in ("_const", "literal") for n in (1, 10, 100)), rows)
        suite.check("... and a plain global frozen is its slot", all(
            100 * 2 * pointer <= of(form, "frozen", 100) <= 2 * 100 * 2 * pointer for form in ("plain", "const")), rows)


    names_elsewhere(suite, [row for row in table if row["way"] != "frozen"])
