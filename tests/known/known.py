#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Traces that do not have everything: small rings, two boots in one ring, levels above full, text of mem_info().

One program is recorded in each of these ways. Its trace at level full is the judge: what a command says about another trace is
either true by it, or marked as unknown, or refused with the reason.
"""
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

PROGRAM = "program.py"  # in the folder in which it runs: its name takes room in a ring
HEAP = 101120  # bytes, of -X heapsize=100k
ASKED = 4096   # by the request that fails
HEAPS = ["-X", "heapsize=100k"]


def path(name):
    return os.path.join(hs_test.scratch(), name)


def record(name, *options):
    trace = path(name + ".hst")
    hs_test.cli("record", "-q", *options, "-o", trace, "--", hs_test.firmware("unix64"), *HEAPS, PROGRAM, cwd=hs_test.scratch())
    return trace


def boots(name, size):
    """The failing program, then one that ends at once, in one ring."""
    ring = path(name)
    with open(path("short.py"), "w") as f:
        f.write("x = 1\n")
    for args in (HEAPS + [PROGRAM], ["short.py"]):
        hs_test.run_firmware("unix64", args, ring="%s:%s" % (ring, size), cwd=hs_test.scratch())
    return ring


def doctor(trace):
    """(findings by code, all of their text)"""
    _, report, _ = hs_test.cli_json("doctor", trace)
    found = {f["code"]: f for f in report["findings"]} if report else {}
    return found, "\n".join(f["verdict"] + "\n" + "\n".join(f["evidence"] + f["next"]) for f in found.values())


def fails(trace):
    """Whether the trace has the failed allocation; a small ring may have lost it."""
    return b" FAIL " in hs_test.cli("dump", trace).out


def check_doctor(tap, name, trace):
    found, text = doctor(trace)
    codes = [code for code in found if code.startswith("HS-HEAP-") or code.startswith("HS-FRAG-")]
    tap.check("doctor, %s: the cause is fragmentation, or the line that grows, or not known" % name,
              codes in (["HS-FRAG-FAILED"], ["HS-HEAP-GROWING"], ["HS-HEAP-FAILED"]) or not codes and not fails(trace), text)
    totals = {int(n) for n in re.findall(r"when \d+ of (\d+) were free", text)}
    tap.check("doctor, %s: of the heap's size, or of none" % name, totals <= {HEAP}, text)
    advised = [int(n) for n in re.findall(r"give the heap more than (\d+)", text)]
    tap.check("doctor, %s: no heap that is too small is advised" % name, all(n > HEAP for n in advised), text)
    steps = [step for f in found.values() for step in f["next"]]
    tap.check("doctor, %s: no advice about a line that is not known" % name, not any("(before recording)" in s for s in steps), steps)
    if hs_test.cli("blame", trace).status == 2:
        tap.check("doctor, %s: no command that refuses the trace" % name, "heapstrata blame" not in text, text)


LEAKS = re.compile(r"# [^\n]*: (at least )?([\d,]+) bytes in ([\d,]+) blocks were allocated")
MORE = re.compile(r"# Of ([\d,]+) blocks more \(([\d,]+) bytes\)")


def number(text):
    return int(text.replace(",", ""))


def leaks(trace):
    """(marked as a lower bound, blocks, blocks of which the line is not known), or None: refused."""
    done = hs_test.cli("leaks", trace)
    found, more = LEAKS.search(done.out.decode()), MORE.search(done.out.decode())
    if done.status or not found:
        return None
    return bool(found[1]), number(found[3]), number(more[1]) if more else 0


def check_rest(tap, traces):
    """Commands in which only a few words depend on what is known."""
    ring = doctor(traces["16 KB ring"])[0]
    tap.check("doctor, 16 KB ring: is not too small, since map and blame rebuild the heap from it", "HS-RING-SMALL" not in ring
              and hs_test.cli("map", traces["16 KB ring"]).status == 0, list(ring))
    small = doctor(traces["2 KB ring"])[1]
    tap.check("doctor, 2 KB ring: advises no size that it cannot know", "four times as large" in small
              and not re.search(r"HS_RING_SIZE=\d", small), small)
    blame = hs_test.cli("blame", traces["text"]).out.decode()
    tap.check("blame, text: no statement about failures and islands", "no failed allocation is in this trace" in blame
              and "# Islands: not known" in blame, blame)
    resets = hs_test.cli("resets", traces["text"]).out.decode()
    _, boot, _ = hs_test.cli_json("resets", traces["text"])
    tap.check("resets, text: it has no clock", "after a time that is not known" in resets and boot["seconds"] is None, resets)
    named = hs_test.cli("resets", "-n", "2000", traces["two boots in 16 KB"]).out.decode()
    tap.check("resets: native functions by their names, as in report", "anchor+0x" not in named and "program.py:" in named, named[-2000:])
    shown = [row["place"] + row["thread"] + str(row["first_after"]) + str(row["last_after"])
             for row in hs_test.cli_json("leaks", traces["full"])[1]["rows"]]
    tap.check("leaks: no two rows look the same", len(shown) > 5 and len(set(shown)) == len(shown), shown)
    threads = {row["thread"] for row in hs_test.cli_json("leaks", traces["full"])[1]["rows"]}
    by_thread = hs_test.cli("report", "--sort", "thread", traces["full"]).out.decode()
    tap.check("leaks, report: the main program's thread has its name", threads == {"thread 0 (main, interrupts)"}
              and "thread 0 (main, interrupts)" in by_thread, (threads, by_thread))


def check_leaks(tap, traces):
    _, true, _ = leaks(traces["full"])
    tap.check("leaks: level full counts all blocks", true > 500, true)
    for name in ("2 KB ring", "sampled", "summary", "text"):
        done = hs_test.cli("leaks", traces[name])
        tap.check("leaks, %s: refused, with the reason, and no option of another firmware" % name,
                  done.status == 2 and not done.out and b"is not in this trace: " in done.err and b"CONFIG_" not in done.err, (done.out[:200], done.err))
    for name in ("16 KB ring", "stopped"):
        bound, blocks, more = leaks(traces[name]) or (False, 0, 0)
        tap.check("leaks, %s: a lower bound, and how many blocks more there are" % name,
                  bound and more and blocks + more == hs_test.cli_json("stat", traces[name])[1]["blocks"], (true, blocks, more))
    _, report, _ = hs_test.cli_json("leaks", traces["16 KB ring"])
    tap.check("leaks, 16 KB ring: the same as JSON", report["complete"] is False and report["unknown_blocks"] > 0, report)


def bounded(certainty, value, true):
    """Whether a figure is true, for what it says of itself."""
    return {"exact": value == true, "at least": value is None or value <= true, "not known": value is None,
            "estimated": value is not None and true / 3 <= value <= true * 3}[certainty]  # few samples of reallocs: far off at times


def check_stat(tap, traces):
    _, true, _ = hs_test.cli_json("stat", traces["full"])
    tap.check("stat, full: every figure is exact", set(true["certainty"].values()) == {"exact"} and true["peak_used_bytes"] == HEAP, true)
    for name in ("2 KB ring", "16 KB ring", "two boots in 4 KB", "sampled", "summary"):
        _, stat, _ = hs_test.cli_json("stat", traces[name])
        said = stat["certainty"]
        figures = [(said["requests"], "requests"), (said["allocs_or_reallocs"], "allocs"), (said["allocs_or_reallocs"], "reallocs"),
                   (said["frees_and_swept"], "swept"), (said["failed"], "failed"), (said["peak"], "peak_used_bytes")]
        wrong = [(key, word, stat[key], true[key]) for word, key in figures if not bounded(word, stat[key], true[key])]
        tap.check("stat, %s: each figure is true, or marked" % name, not wrong, wrong)
        tap.check("stat, %s: the peak is no more than what is known" % name, said["peak"] == "at least" and stat["peak_at_least"], said)
        text = hs_test.cli("stat", traces[name]).out.decode()
        tap.check("stat, %s: the same as text" % name, re.search(r"peak used bytes +# at least", text) and (
            said["frees_and_swept"] != "not known" or re.search(r" - +swept +# freed by collections; not known", text)), text)
    _, stat, _ = hs_test.cli_json("stat", traces["two boots in 4 KB"])
    share = re.search(r"peak used bytes +# at least, ([\d.]+)% of its boot's heap",
                      hs_test.cli("stat", traces["two boots in 4 KB"]).out.decode())
    tap.check("stat, two boots: the peak is a share of the heap that it was in",
              not share or abs(float(share[1]) - 100 * stat["peak_used_bytes"] / HEAP) < 0.1, (share, stat["peak_used_bytes"]))
    _, stat, _ = hs_test.cli_json("stat", traces["text"])
    unknown = "events allocs reallocs requests frees swept failed collections requested_bytes internal_waste".split()
    tap.check("stat, text: what no text has is null", all(stat[key] is None for key in unknown) and stat["used_bytes"] > 0,
              {key: stat[key] for key in unknown})


def check_report(tap, traces):
    _, true, _ = hs_test.cli_json("report", traces["full"])
    rows = {row["line"]: row for row in true["rows"]}
    for name in ("2 KB ring", "16 KB ring", "two boots in 4 KB", "summary"):
        _, report, _ = hs_test.cli_json("report", traces[name])
        more = [row for row in report["rows"] if row["line"].startswith("program.py:") and
                any(row[key] is not None and row[key] > rows[row["line"]][key] for key in ("bytes", "allocs", "swept"))]
        tap.check("report, %s: of no line more than there was" % name, not more, more)
    for name in ("2 KB ring", "summary"):
        _, report, _ = hs_test.cli_json("report", traces[name])
        tap.check("report, %s: live bytes and blocks are null" % name, report["rows"] and report["live_bytes"] is None and not any(
            row["live_bytes"] or row["live_blocks"] for row in report["rows"]), report["rows"][:2])
        table = hs_test.cli("report", traces[name]).out.decode()
        tap.check("report, %s: nothing about what split the free space" % name, "split the free space" not in table
                  and report.get("pins") is None, table)
        refused = [option for option in ("--live", "--pins") if hs_test.cli("report", option, traces[name]).status != 2]
        tap.check("report, %s: --live and --pins are refused" % name, not refused, refused)
    tap.check("report, summary: lines are lower bounds, and the head says so",
              b"was among the largest: its bytes and allocs are at least these" in hs_test.cli("report", traces["summary"]).out)
    text = hs_test.cli("report", traces["text"]).out.decode()
    tap.check("report, text: shares of what is live", re.search(r"overhead: share of the [1-9][\d,]* bytes live", text), text)
    annotated = hs_test.cli("annotate", "--source", hs_test.scratch(), traces["summary"]).out.decode()
    tap.check("annotate, summary: live is no 0", re.search(r" - \|\s+\d+ +return bytearray", annotated), annotated)
    for name in ("sampled", "summary"):
        _, regions, _ = hs_test.cli_json("regions", traces[name])
        tap.check("regions, %s: no peak of 0" % name, [r["peak_used_bytes"] for r in regions["regions"]] == [None], regions["regions"])


def check_timeline(tap, traces):
    """Points before the first snapshot."""
    for name in ("2 KB ring", "16 KB ring"):  # over records, for a busy machine has few points over time
        points = hs_test.cli_json("timeline", "--by", "event", "--points", "5000", traces[name])[1]["points"]
        begun = next((i for i, p in enumerate(points) if p["samples"] and not p["unsynced"]), len(points))
        before = [p for p in points[:begun] if p["unsynced"] == p["samples"]]
        said = [key for p in before for key, value in p.items() if value is not None
                and key.startswith(("used_", "free_", "largest_", "fragmentation", "waste_", "unusable"))]
        tap.check("timeline, %s: no figures before the first snapshot" % name, before and not said, (begun, len(points), said[:3]))


def check_compare(tap, traces):
    """A trace with gaps beside one that has everything."""
    figures = {"allocated_bytes", "allocs", "peak_bytes"}
    status, report, _ = hs_test.cli_json("compare", traces["full"], traces["16 KB ring"])
    said = [side["certainty"] for side in report["traces"]]
    tap.check("compare, 16 KB ring: says of which trace the figures are bounds",
              status == 0 and said == [dict.fromkeys(figures, "exact"), dict.fromkeys(figures, "at least")], said)
    text = hs_test.cli("compare", traces["full"], traces["16 KB ring"]).out.decode()
    tap.check("compare, 16 KB ring: the same as text", text.count(", at least\n") == len(figures), text[:1500])


def check_map(tap, traces):
    """No map of a moment before the first snapshot; not one that is all free."""
    for name in ("2 KB ring", "16 KB ring"):
        early = hs_test.cli("map", "--at", "0s", traces[name])
        tap.check("map, %s: none before the first snapshot" % name, early.status == 2 and not early.out
                  and b"nor a snapshot of the heap before that moment. Choose a later one" in early.err, (early.status, early.err))
    for name, shows in (("2 KB ring", False), ("16 KB ring", True)):
        last = hs_test.cli("map", traces[name])
        tap.check("map, %s: at the end %s" % (name, "one" if shows else "none"), (last.status == 0, bool(last.out)) == (shows, shows)
                  and b"used 0 (" not in last.out, last.err)


LEAK = "class Node:\n    def __init__(self, next):\n        self.next = next\nhead = None\nwhile True:\n    head = Node(head)\n"
FAILS = "def fail():\n    try:\n        bytearray(200000)\n    except MemoryError:\n        pass\n"
WORK = "def work():\n    for i in range(2000):\n        [i] * 20\n"
RINGS = {  # program, size of the ring, least number of records with references that it has
    "many globals": ("".join("SETTING_NUMBER_%d = 1\n" % i for i in range(150)) + "rows = []\nwhile True:\n    rows.append(bytearray(2000))\n", "4K", 0),
    "a failure before": (FAILS + "fail()\n" + WORK + "work()\n" + LEAK, "32K", 40),
    "eight failures before": (FAILS + WORK + "for i in range(8):\n    fail()\nfor i in range(5):\n    work()\nrows = []\nwhile True:\n"
                              "    rows.append(bytearray(1500))\n", "16K", 2),
    "reset": ("import heapstrata\n" + FAILS + "fail()\nheapstrata.reset()\n" + LEAK, "32K", 40),
}


def check_references(tap):
    """What a ring has of a failure: its references, unless they would push it out; those of earlier failures do not matter."""
    for name, (text, size, least) in RINGS.items():
        ring = path("references.img")
        with open(path("references.py"), "w") as f:
            f.write(text)
        with open(ring, "wb"):
            pass
        done = hs_test.run_firmware("unix64", ["-X", "heapsize=64k", "references.py"], ring="%s:%s" % (ring, size), cwd=hs_test.scratch())
        refs, found = hs_test.cli("dump", ring).out.count(b" REFS "), doctor(ring)[0]
        tap.check("references, %s: %s" % (name, "they are there" if least else "the failure is"), done.status != 0 and fails(ring) and
                  (refs >= least if least else not refs) and "HS-RING-SMALL" not in found, (refs, list(found)))


def stopped(name):
    """The program, with a time without recording."""
    script = path("stopped.py")
    with open(path(PROGRAM)) as f:
        text = f.read()
    with open(script, "w") as f:
        f.write(text.replace('heapstrata.mark("half")', "heapstrata.stop()")
                .replace("kept.append(z)", "kept.append(z)\n        if i == 4000:\n            heapstrata.start()"))
    trace = path(name + ".hst")
    hs_test.cli("record", "-q", "-o", trace, "--", hs_test.firmware("unix64"), *HEAPS, "stopped.py", cwd=hs_test.scratch())
    return trace


def text_of_mem_info(name):
    """What micropython.mem_info(1) prints, by firmware without a recorder's trace."""
    script = path(name + ".py")
    with open(script, "w") as f:
        f.write("import micropython\nkept = []\nfor n in range(3):\n    kept += [bytearray(100) for i in range(25)]\n"
                "    micropython.mem_info(1)\n")
    done = hs_test.run_firmware("unix32", ["-X", "heapsize=20k", script])
    with open(path(name + ".txt"), "wb") as f:
        f.write(done.out)
    return path(name + ".txt")


def main():
    tap = hs_test.Tap()
    shutil.copy(os.path.join(HERE, PROGRAM), hs_test.scratch())
    traces = {
        "full": record("full"),
        "2 KB ring": record("ring2", "-r", "2K"),
        "16 KB ring": record("ring16", "-r", "16K"),
        "two boots in 2 KB": boots("boots2.img", "2K"),
        "two boots in 4 KB": boots("boots4.img", "4K"),
        "two boots in 16 KB": boots("boots16.img", "16K"),
        "sampled": record("sampled", "-l", "sampled"),
        "summary": record("summary", "-l", "summary"),
        "stopped": stopped("stopped"),
        "text": text_of_mem_info("text"),
    }
    for name, trace in traces.items():
        if name != "text":
            check_doctor(tap, name, trace)
    check_leaks(tap, traces)
    check_stat(tap, traces)
    check_report(tap, traces)
    check_timeline(tap, traces)
    check_map(tap, traces)
    check_references(tap)
    check_compare(tap, traces)
    check_rest(tap, traces)
    tap.finish()


if __name__ == "__main__":
    main()
