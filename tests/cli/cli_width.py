# SPDX-License-Identifier: MIT
"""Tables on terminals of 60 and 200 columns, and for programs, which get all of them."""
import os
import re

import hs_test
from cli_record import record

LONG = "a_folder_with_a_rather_long_name/another_one_below_it/and_the_last_of_them"


def long_names(cli):
    """A trace with long names, marks, failures, references and phases."""
    folder = os.path.join(hs_test.scratch(), "wide", LONG)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "measurements.py"), "w", encoding="utf-8") as f:
        f.write("import heapstrata\nTABLE_OF_EVERYTHING_THAT_WAS_MEASURED = [[i] for i in range(400)]\n"
                "def collect_what_was_measured_since_the_last_time():\n    return [bytearray(50) for i in range(300)]\n"
                "kept = collect_what_was_measured_since_the_last_time()\nheapstrata.mark('everything has been measured once')\n"
                "kept = kept[::2]\nimport gc\ngc.collect()\nheapstrata.mark('again')\n"
                "try:\n    bytearray(60000)\nexcept MemoryError:\n    pass\nheapstrata.snapshot(refs=True)\n")
    trace = os.path.join(hs_test.scratch(), "wide.hst")
    done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--", hs_test.firmware("unix64"), "-X", "heapsize=96k", LONG + "/measurements.py"],
                       cwd=os.path.join(hs_test.scratch(), "wide"))
    cli.check("a trace with long names", done.status == 0, done.err)
    return trace


def rows(text):
    """Lines of tables: what is neither a comment nor a chart's legend nor a sentence below a row."""
    return [line for line in text.splitlines() if not line.startswith("#") and "\u2588" not in line and "bytes requested" not in line and re.search(r"\S  +\S", line.strip())]


def case_width(cli):
    trace = long_names(cli)
    other = record(cli, "marks")[0]
    for command in (["report"], ["report", "--sort", "kind,line"], ["retained"], ["phases"], ["marks"], ["timeline", "--points", "9"],
                    ["blame"], ["globals"], ["whatif"], ["resets"], ["compare", other]):
        name = " ".join(command[:2]) if command[0] != "compare" else "compare"
        whole, narrow, wide = (hs_test.run([hs_test.CLI, *command, trace], env={"COLUMNS": n, "LC_ALL": "C.UTF-8"} if n else {}, timeout=120).out.decode()
                               for n in (None, "60", "200"))
        too_long = [line for line in rows(narrow) if len(line) > 60]
        cli.check("%s: no row of more than 60 columns" % name, rows(narrow) and not too_long, "\n".join(too_long[:5]))
        too_long = [line for line in rows(wide) if len(line) > 200]
        cli.check("%s: none of more than 200" % name, rows(wide) and not too_long, "\n".join(too_long[:5]))
        if command[0] not in ("timeline", "blame", "whatif"):  # their charts are as wide as the terminal
            cli.check("%s: 200 columns are enough for all, as a program gets it" % name, rows(wide) == rows(whole), name)
    narrow = hs_test.run([hs_test.CLI, "report", trace], env={"COLUMNS": "60", "LC_ALL": "C.UTF-8"}).out.decode()
    cli.check("what is left out is said", "# left out, for want of width: " in narrow, narrow[:900])
    cli.check("and how to see it", "\n# (for all: a wider terminal or --json)\n" in narrow and "for all" not in wide, narrow[:900])
    cli.check("a path loses its front, with a sign", re.search(r"  \u2026\S*measurements\.py:\d+ ", narrow), narrow[:2000])
    plain = hs_test.run([hs_test.CLI, "report", trace], env={"COLUMNS": "60", "LC_ALL": "C"}).out.decode()
    cli.check("without UTF-8 by two dots", "\u2026" not in "".join(rows(plain)) or ".." in plain, plain[:900])
    csv = [hs_test.run([hs_test.CLI, "report", "--csv", trace], env={"COLUMNS": n}).out for n in ("60", "200")]
    cli.check("CSV is for programs: always whole", csv[0] == csv[1] and csv[0])
