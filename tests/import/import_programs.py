# SPDX-License-Identifier: MIT
"""Real programs under a real lttng-sessiond: counts as in babeltrace2's text, live blocks as by Trace Compass's rules, threads
and callers."""
import os
import re
import subprocess

import hs_test

FIELDS = re.compile(r"\b(\w+) = (0x[0-9A-Fa-f]+|-?\d+)\b")
EVENT = re.compile(r"lttng_ust_libc:(\w+): (.*)$")
PYTHON = "import json\nx = [json.dumps(list(range(n))) for n in range(400)]\nprint(len(x))"
SQL = ("create table t(a, b); with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000) "
       "insert into t select x, hex(randomblob(20)) from c; create index i on t(b); select count(*) from t;")


def programs(bench):
    """(name, folder) of recorded runs."""
    numbers = bench.path("numbers")
    with open(numbers, "w") as f:
        f.writelines("%d\n" % (n * 7919 % 50021) for n in range(50000))
    yield "sort", bench.record("sort", ["/usr/bin/sort", "-S", "256k", "--parallel=2", "-T", hs_test.scratch(), numbers])
    yield "sqlite3", bench.record("sqlite3", ["/usr/bin/sqlite3", ":memory:", SQL])
    yield "python3", bench.record("python3", ["/usr/bin/python3", "-c", PYTHON])
    yield "grow", bench.record("grow", [bench.program(), "3000", "3"])
    yield "no contexts", bench.record("bare", [bench.program(), "500", "0"], contexts=(), events=("lttng_ust_libc:*",))


def counts(text):
    """Allocations, frees, resizes and failures in babeltrace2's text, as the C library means them."""
    n = {"allocs": 0, "frees": 0, "reallocs": 0, "failed": 0}
    for line in text.splitlines():
        match = EVENT.search(line)
        if not match:
            continue
        name, f = match.group(1), {k: int(v, 0) for k, v in FIELDS.findall(match.group(2))}
        if name == "free":
            n["frees"] += f["ptr"] != 0
        elif name == "realloc" and f["in_ptr"]:
            n["reallocs" if f["ptr"] else "failed" if f["size"] else "frees"] += 1
        else:
            n["allocs" if f.get("ptr", f.get("out_ptr")) else "failed"] += 1
    return n


def case_counts(bench):
    for name, folder in programs(bench):
        text, lost = bench.text(folder)
        stat, expected = bench.stat(folder), counts(text)
        seen = {key: stat[key] for key in expected}
        bench.check("%s: %s" % (name, ", ".join("%d %s" % (v, k) for k, v in expected.items())), seen == expected and
                    expected["allocs"] > 50, seen)
        bench.check(name + ": lost events are those discarded", stat["lost"] == lost == 0, (stat["lost"], lost))


def case_live(bench):
    for name, folder in programs(bench):
        memory, (live, granule) = bench.memory(folder), bench.live(folder)
        expected = {ptr: -(-max(size, 1) // granule.get(ptr, 1)) * granule.get(ptr, 1) for ptr, size in memory.live.items()}
        bench.check("%s: the %d blocks at the end, by their addresses and sizes" % (name, len(live)), live == expected and live,
                    sorted(set(live.items()) ^ set(expected.items()))[:6])
        stat = bench.stat(folder)
        bench.check("%s: %d bytes asked for are held" % (name, stat["requested_bytes"]),
                    stat["requested_bytes"] == sum(memory.live.values()) > 0, sum(memory.live.values()))
        bench.check(name + ": granules are what addresses have in common", set(granule.values()) <= {16, 4096}, set(granule.values()))


def case_threads(bench):
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    expected = {}
    for line in bench.text(folder)[0].splitlines():
        match = re.search(r"lttng_ust_libc:(?:malloc|calloc|memalign|posix_memalign|realloc): .*vtid = (\d+).*\bptr = (0x\w+)", line)
        if match and int(match.group(2), 16):
            expected[match.group(1)] = expected.get(match.group(1), 0) + 1
    rows = {re.match(r"thread (\d+)", row["thread"]).group(1): row["allocs"] + row["reallocs"] for row in bench.rows(folder, "--sort", "thread")}
    posix = 1  # posix_memalign, whose field has another name
    bench.check("by thread: %s" % rows, len(rows) == 4 and sum(rows.values()) == sum(expected.values()) + posix and
                all(abs(rows[t] - expected[t]) <= posix for t in rows), expected)
    names = {row["thread"] for row in bench.rows(folder, "--sort", "thread")}
    bench.check("threads have their names", all(re.fullmatch(r"thread \d+ \(grow(-ust)?\)", n) for n in names), names)
    both = bench.rows(folder, "--sort", "thread,line")
    bench.check("by thread and line: each thread churned", sum(row["line"].endswith(":%d churn" % line_of("churn")) for row in both) == 4, both)
    done = hs_test.cli("retained", "--sort", "thread", folder)
    bench.check("retained by thread is refused", done.status == 2 and b"which thread allocated" in done.err, done.err)


def line_of(mark):
    with open(os.path.join(os.path.dirname(__file__), "programs", "grow.c")) as f:
        return next(i for i, line in enumerate(f, 1) if "/* line: %s */" % mark in line)


def case_callers(bench):
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    rows = {row["line"]: row for row in bench.rows(folder)}

    def row(mark, function):
        found = [r for name, r in rows.items() if name.endswith("grow.c:%d %s" % (line_of(mark), function))]
        return found[0] if len(found) == 1 else {}
    held = row("hold", "hold")
    bench.check("a caller has file, line and function: 30 blocks of three threads are held", held.get("live_blocks") == 30, rows.keys())
    more = row("more", "hold_more")
    bench.check("who resized holds", more.get("live_blocks") == 1 and more.get("reallocs") == 6, more)
    churned = row("churn", "churn")
    bench.check("who churned holds nothing", churned.get("live_blocks") == 0 and churned.get("allocs") == 4 * 3000 + 3, churned)
    status, report, _ = hs_test.cli_json("report", folder)
    failures = report["failures"]
    bench.check("the allocation that failed, with its line", status == 0 and len(failures) == 1 and
                failures[0]["line"].endswith("grow.c:%d many_kinds" % line_of("fails")), failures)
    native = {r["native"] for r in bench.rows(folder, "--sort", "native")}
    bench.check("native functions are the callers", {"hold", "hold_more", "churn", "many_kinds"} <= native, native)


def case_wide_addresses(bench):
    """364 MB of mapped blocks beside a small heap: neither memory nor regions grow with the holes between them."""
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    stat = bench.stat(folder)
    regions = {r["name"]: r for r in stat["regions"]}
    mapped = [r for r in stat["regions"] if "/mapped " in r["name"]]
    bench.check("mapped blocks have regions of their own: %s" % sorted(regions), mapped and len(regions) > len(mapped))
    bench.check("64 MB and 2 MB of them are held", sum(r["used_bytes"] for r in mapped) in range(66 << 20, (66 << 20) + 16384), mapped)
    done = hs_test.run(["/usr/bin/env", "bash", "-c", "ulimit -v 1000000; exec %s stat %s" % (hs_test.CLI, folder)])
    if "san-" not in hs_test.BUILD:
        bench.check("read within 1 GB of addresses", done.status == 0, done.err)


def case_other_commands(bench):
    """The commands that read a .hst read the folder, with the same result."""
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    hst = bench.path("grow.hst")
    done = hs_test.cli("import", folder, "-o", hst)
    bench.check("import makes a .hst", done.status == 0 and os.path.getsize(hst) > 1000, done.err)
    for command in (["stat", "--json"], ["report", "--json"], ["report", "--live", "--csv"], ["timeline", "--json"], ["map", "--json"],
                    ["map", "--style", "meminfo"], ["dump", "--json"], ["export", "-f", "folded"], ["export", "-f", "csv"]):
        ours, theirs = hs_test.cli(command[0], folder, *command[1:]), hs_test.cli(command[0], hst, *command[1:])
        same = ours.out.replace(folder.encode(), b"") == theirs.out.replace(hst.encode(), b"")
        if command[0] == "stat":  # one is a stream, the other packed
            same = {k: v for k, v in bench.stat(folder).items() if k not in ("trace", "file")} == \
                   {k: v for k, v in bench.stat(hst).items() if k not in ("trace", "file")}
        bench.check("%s of the folder and of the .hst" % " ".join(command), ours.status == theirs.status == 0 and same and
                    len(ours.out) > 100, ours.err + theirs.err)
    done = hs_test.cli("doctor", folder)
    bench.check("doctor examines it: an allocation failed", done.status == 1 and b"HS-HEAP-TOO-SMALL" in done.out and b"grow.c" in done.out, done.out + done.err)
    done = hs_test.cli("annotate", "--source", os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs"), folder)
    bench.check("annotate shows the C source", done.status == 0 and b"/* line: churn */" in done.out, done.err)
    done = hs_test.cli("compare", folder, hst)
    bench.check("compare with itself", done.status == 0, done.err)
    for part in ("ust", os.path.join("ust", "uid", str(os.getuid()), "64-bit")):
        inner = os.path.join(folder, part)
        bench.check("the folder, %s deeper" % part, bench.stat(inner)["events"] == bench.stat(folder)["events"])


def case_elf(bench):
    """No events tell of objects: the user's file, with or without its address."""
    program = bench.program() + "-fixed"
    subprocess.run(["gcc", "-g", "-O1", "-fno-inline", "-no-pie", "-o", program, os.path.join(os.path.dirname(__file__), "programs", "grow.c"),
                    "-pthread"], check=True)
    folder = bench.record("fixed", [program, "100", "0"], contexts=("ip",), events=("lttng_ust_libc:*",))
    bare = {r["line"] for r in bench.rows(folder)}
    bench.check("without objects and file: addresses", any(re.fullmatch("0x[0-9a-f]+", n) for n in bare), bare)
    for elf in (program, program + "@0"):
        named = {r["line"] for r in bench.rows(folder, "--elf", elf)}
        bench.check("with --elf %s: lines" % os.path.basename(elf), any("grow.c:%d hold" % line_of("hold") in n for n in named), named)
    done = hs_test.cli("report", folder, "--elf", "/no/such")
    bench.check("no such file", done.status == 2 and b"/no/such" in done.err, done.err)
