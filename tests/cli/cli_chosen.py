# SPDX-License-Identifier: MIT
"""What is chosen and is not there, and options that a command cannot heed: an error, or a line on standard error."""
import os
import re

import hs_test


def put(name, text):
    path = os.path.join(hs_test.scratch(), name)
    with open(path, "w") as f:
        f.write(text)
    return path


def recorded(name, program, *options):
    trace = os.path.join(hs_test.scratch(), name + ".hst")
    hs_test.run([hs_test.NATIVE, "record", "-q", "-o", trace, *options, "--", hs_test.firmware("unix64"), "-X", "heapsize=100k", put(name + ".py", program)])
    return trace


MARKS = "import heapstrata as h\nkept = []\n" + "".join("h.mark('loop')\nkept.append(bytearray(%d))\n" % (1000 * n) for n in (1, 2, 3)) + "h.mark('a#2')\n"
OTHER = "def another(n):\n    rows = []\n    for i in range(n):\n        rows.append([i] * 9)\n    return rows\n\n\nfor i in range(60):\n    table = another(i)\n"
FULL = """kept = []
def row(i):
    return [i] * 8
def pad(i):
    return bytearray(i % 500)
def fill():
    for i in range(6000):
        x = row(i); y = pad(i); text = 's%d' % i
        if i % 20 == 0:
            kept.append(text)
fill()
"""  # what ends in the middle of garbage leaves a ring without a snapshot
CHURN = "for i in range(3000):\n    x = [i] * 20\n"


def case_leaks_of_a_mark_by_number(cli):
    trace = recorded("numbered", MARKS)

    def bytes_after(mark):
        return cli.json("leaks", "--from", mark, trace)["bytes"]
    first, second, third, last = (bytes_after(m) for m in ("loop#1", "loop#2", "loop#3", "loop"))
    cli.check("leaks: LABEL#1 to #3 are different marks", first > second + 1000 > third + 3000 and third == last >= 3000, (first, second, third, last))
    cli.check("leaks: mark:LABEL is the same", bytes_after("mark:loop#2") == second, second)
    cli.check("leaks: a label that ends in a number", bytes_after("a#2") < third, third)
    for wrong in ("loop#4", "loop#0", "loop#", "mark:loop#4", "nothing#1"):
        status, out, err = cli.out("leaks", "--from", wrong, trace)
        cli.check("leaks: no mark %s" % wrong, status == 2 and not out and "no mark '%s' (--from); heapstrata marks" % wrong in err, err)


def case_words_of_what_is_chosen(cli):
    trace = recorded("numbered", MARKS)
    for mark in ("loop#1", "mark:loop#1"):
        out = cli.out("leaks", "--from", mark, "--to", "loop#3", trace)[1]
        cli.check("leaks: its sentence names the mark %s once" % mark, "allocated after mark loop#1, before mark loop#3 and not freed" in out, out)
    once = recorded("once", "import gc\nx = [bytearray(100) for i in range(50)]\ngc.collect()\ngc.disable()\n")
    said = {command: cli.out(command, once)[1] for command in ("stat", "report", "timeline", "whatif", "map")}
    cli.check("one collection is not 'collections'", not any(re.search(r"(?<![\d,.])1 +(collections|runs)\b", text) for text in said.values())
              and re.search(r"\b1 collection\b", said["report"]) and re.search(r"\b1 +collection\b", said["stat"]), said)
    other = recorded("other", OTHER)
    out = cli.out("compare", "--all", "--by", "allocated", trace, other)[1]
    cli.check("compare: two programs with little in common keep the names of their files",
              re.search(r"other\.py:\d+ another", out) and not re.search(r"numbered\.py:\d+ another", out), out)
    out = cli.out("compare", "--all", "--by", "allocated", other, recorded("renamed", OTHER.replace("range(60)", "range(70)")))[1]
    cli.check("compare: a program with another name has the names of the first", re.search(r"lines of \S*renamed\.py are shown under the name of \S*other\.py", out)
              and re.search(r"other\.py:\d+ another", out) and not re.search(r"renamed\.py:\d+", out), out)


def case_nothing_is_chosen(cli):
    trace, marks = recorded("churn", CHURN), recorded("numbered", MARKS)
    status, out, err = cli.out("dump", "--site", "nothing", trace)
    cli.check("dump of no site says so", status == 0 and not out and "no record as chosen" in err, err)
    status, out, err = cli.out("dump", "--site", "churn.py:2", trace)
    cli.check("dump of a site says nothing else", status == 0 and out and not err, err)
    status, out, err = cli.out("marks", trace)
    cli.check("marks without marks says so", status == 0 and "no marks in this trace" in err, err)
    cli.check("marks with marks does not", "no marks" not in cli.out("marks", marks)[2])
    status, out, err = cli.out("map", "--at", "99999s", trace)
    cli.check("map after the end says so", status == 0 and out and "ends before that moment" in err, err)
    cli.check("map at the end does not", not cli.out("map", "--at", "end", trace)[2])


def case_options_that_cannot_be_heeded(cli):
    trace, out_path = recorded("churn", CHURN), os.path.join(hs_test.scratch(), "unheeded")
    for args, words in ((["blame", "--size", "0", trace], "--size takes"),
                        (["import", "--dump", "2", trace, "-o", out_path], "no numbered dumps"),
                        (["export", "-f", "csv", "-w", "live", "-o", out_path, trace], "not for csv"),
                        (["export", "-f", "folded", "-e", "libc", "-o", out_path, trace], "not for folded"),
                        (["report", "--csv", "--json", trace], "not both")):
        status, out, err = cli.out(*args)
        cli.check("%s is refused" % " ".join(args[:3]), status == 2 and not out and words in err and not os.path.exists(out_path), (status, err))
    for args in (["-f", "folded", "-w", "live"], ["-f", "folded"], ["-f", "csv", "-e", "libc"], ["-f", "json", "-e", "both"]):
        status, out, err = cli.out("export", *args, trace)
        cli.check("export %s is not" % " ".join(args), status == 0 and out and not err, err)
    status, out, err = cli.out("report", "--call-graph", trace)
    cli.check("a call graph without stacks says so", status == 0 and out and "no stacks in this trace" in err, err)


def case_why_it_is_not_there(cli):
    ring, summary = recorded("ring", FULL, "--ring", "2K"), recorded("summary", CHURN, "--level", "summary")
    for args in (["phases", ring], ["retained", ring], ["globals", ring], ["compare", ring, ring]):
        status, out, err = cli.out(*args)
        cli.check("%s of a small ring: the reason" % args[0], status == 2 and not out and "has overwritten the packets" in err, err)
    for command in ("retained", "globals"):
        status, out, err = cli.out(command, summary)
        cli.check("%s at level summary: the reason" % command, status == 2 and not out and "level summary has none" in err and "refs=True" not in err, err)
