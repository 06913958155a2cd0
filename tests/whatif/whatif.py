# SPDX-License-Identifier: MIT
"""What-if against reality. MicroPython's perf_bench programs on the unix firmwares: a replay as recorded has to place
blocks where the real heap did; the smallest heap that it finds has to work on the real firmware, and a tenth less has
to fail. And the demo, thresholds, policies, rings, and what cannot be answered."""
import concurrent.futures
import csv
import io
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "bench")]
import hs_test  # noqa: E402
import programs  # noqa: E402

DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
POLICIES = ["first-fit", "best-fit", "next-fit", "tlsf", "buddy", "compacting"]
FAITHFUL = 0.95  # of the allocations and resizes of each program
PROGRAMS_RIGHT = 10  # of the 14, on each firmware

tap = hs_test.Tap()


def script(name):
    """A perf_bench program as a board runs it, in the scratch folder."""
    path = os.path.join(hs_test.scratch(), name + ".py")
    if not os.path.exists(path):
        with open(path, "w") as f:
            f.write(programs.for_board(name, 100, 100))
    return path


def record(name, program, firmware="unix64", heap="1M", **env):
    trace = os.path.join(hs_test.scratch(), name + ".hst")
    done = hs_test.run_firmware(firmware, ["-X", "heapsize=" + heap, os.path.basename(program)], trace=trace,
                                cwd=os.path.dirname(program), env={k: str(v) for k, v in env.items()})
    return trace, done


def whatif(*args, status=0):
    got, value, err = hs_test.cli_json("whatif", *args)
    if value is None or got != status:
        tap.check("whatif " + " ".join(str(a) for a in args), False, "status %s: %s" % (got, err))
    return value


def works(firmware, program, size):
    return hs_test.run_firmware(firmware, ["-X", "heapsize=%d" % size, os.path.basename(program)],
                                cwd=os.path.dirname(program)).status == 0


def faithful(firmware, name):
    """Share of what was placed where the real heap placed it: as it runs in 192 kB, with collections when it is full."""
    trace, _ = record("%s-%s" % (firmware, name), script(name), firmware, "192k")
    j = whatif(trace)
    return j["recorded"], hs_test.cli_json("stat", trace)[1]


def smallest(firmware, name):
    """(the smallest heap found, whether it works, whether a tenth less does)."""
    trace, done = record("%s-often-%s" % (firmware, name), script(name), firmware, HEAPSTRATA_COLLECT_EVERY=1024)
    if done.status:
        tap.check("%s runs on %s" % (name, firmware), False, done.err.decode(errors="replace"))
    size = whatif(trace)["smallest"]["bytes"]
    return size, works(firmware, script(name), size), works(firmware, script(name), size * 9 // 10)


def case_perf_bench():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for firmware in hs_test.UNIX:
            for name, (r, s) in zip(programs.NAMES, pool.map(lambda n: faithful(firmware, n), programs.NAMES)):
                tap.check("%s %s: %.2f%% of %d placed as recorded, %d collections" % (
                    firmware, name, 100 * r["faithful"], r["requests"], r["collections"]),
                    r["faithful"] >= FAITHFUL and r["requests"] == s["allocs"] + s["reallocs"], r)
            right = []
            for name, (size, good, less) in zip(programs.NAMES, pool.map(lambda n: smallest(firmware, n), programs.NAMES)):
                right.append(good and not less)
                tap.note("%s %s: smallest heap %d bytes %s; a tenth less %s" % (
                    firmware, name, size, "works" if good else "FAILS", "WORKS TOO" if less else "fails"))
            tap.check("%s: the smallest heap works and a tenth less fails, for %d of %d programs" % (
                firmware, sum(right), len(right)), sum(right) >= PROGRAMS_RIGHT, right)


def case_failed_to_grow():
    """A list that cannot get larger: the firmware makes it larger where it is if there is room after it, and so does the replay."""
    program = os.path.join(hs_test.scratch(), "ordered.py")
    with open(program, "w") as f:
        f.write("numbers = [0] * 3000\nkeep = bytearray(2000)\nordered = sorted(numbers)\n")
    for firmware, heap in (("unix32", "30k"), ("unix64", "58k")):
        trace, done = record("%s-ordered" % firmware, program, firmware, heap)
        size = whatif(trace)["smallest"]["bytes"]
        tap.check("%s: the smallest heap for a list that grows works, a twentieth less fails" % firmware,
                  done.status and works(firmware, program, size) and not works(firmware, program, size * 19 // 20), size)


def demo(name, **env):
    return record(name, os.path.join(DEMO, "logger.py"), heap="68k", **env)


def case_demo():
    trace, _ = demo("demo")
    j = whatif(trace)
    row = j["heaps"][0]
    tap.check("the demo's heap is not enough: as recorded", row["enough"] == "no" and row["asked_bytes"] == 12288
              and row["failed_line"] == "logger.py:47 main" and j["recorded"]["failures"] == 1 and j["recorded"]["faithful"] == 1, row)
    stat = hs_test.cli_json("blame", trace)[1]["blame"]
    tap.check("with the figures of the trace", (row["free_bytes"], row["largest_free_bytes"]) == (
        stat["free_bytes"], stat["largest_free_bytes"]), (row, stat))
    helped = whatif("--threshold", "10K", "--death", "early", trace)["heaps"][0]
    _, real = demo("demo-threshold", HEAPSTRATA_COLLECT_EVERY=10240)
    tap.check("a threshold would have been enough, and is", helped["enough"] == "yes" and real.status == 0, helped)
    often, _ = demo("demo-often", HEAPSTRATA_COLLECT_EVERY=1024)
    size = whatif(often)["smallest"]["bytes"]
    program = os.path.join(DEMO, "logger.py")
    tap.check("its smallest heap works, a tenth less fails", works("unix64", program, size)
              and not works("unix64", program, size * 9 // 10), size)
    heaps = [size * 9 // 10, size]
    j = whatif("--heap", ",".join(map(str, heaps)), often, status=1)
    tap.check("heaps asked about: too small is a finding", [h["enough"] for h in j["heaps"]] == ["no", "yes"], j["heaps"])
    tap.check("none too small is none", whatif("--heap", str(size), often)["heaps"][0]["heap_bytes"] == size)


def case_policies():
    trace, _ = demo("demo-policies")
    rows = {h["policy"]: h for h in whatif("--policy", "all", trace)["heaps"]}
    tap.check("all policies", list(rows) == POLICIES, list(rows))
    tap.check("none needs less than one that compacts", all(
        h["least_heap_bytes"] >= rows["compacting"]["smallest_heap_bytes"] for h in rows.values()), rows)
    tap.check("which has no fragmentation", rows["compacting"]["worst_fragmentation"] == 0 and all(
        h["worst_fragmentation"] > 0 for n, h in rows.items() if n != "compacting" and h["collections"] > 1), rows)
    # Without collections every block of first fit but the last is where it was, whatever the policy's search.
    large, _ = record("large", os.path.join(DEMO, "logger.py"), heap="1M")
    r = whatif("--granule", "16", large)["heaps"][0]
    tap.check("smaller granules take less", r["granule_bytes"] == 16 and r["peak_used_bytes"] < whatif(large)["heaps"][0]["peak_used_bytes"])
    both = whatif("--policy", "tlsf,buddy", "--heap", "64K,128K", trace, status=1)["heaps"]
    tap.check("heaps by policies", [(h["policy"], h["heap_bytes"]) for h in both] == [
        (p, h) for p in ("tlsf", "buddy") for h in (65536, 131072)], both)


def case_threshold():
    """The threshold that the program set is seen in the trace, and a trace made to collect often has none of its own."""
    program = os.path.join(hs_test.scratch(), "threshold.py")
    with open(program, "w") as f:
        f.write("import gc\ngc.threshold(9000)\nfor i in range(400):\n    bytearray(100)\n")
    trace, _ = record("threshold", program)
    j = whatif(trace)
    row = j["heaps"][0]
    tap.check("a threshold is inferred", 9000 - 32 <= row["threshold_bytes"] <= 9000 + 200, row)
    tap.check("and kept to: as many collections as recorded", row["collections"] == j["recorded"]["collections"] > 3, j)
    none = whatif("--threshold", "none", trace)["heaps"][0]
    tap.check("without it there are none in so large a heap", none["collections"] == 0, none)
    often, _ = demo("demo-often-threshold", HEAPSTRATA_COLLECT_EVERY=1024)
    tap.check("that of --collect-every is not the program's", whatif(often)["heaps"][0]["threshold_bytes"] is None)


def case_shapes():
    trace, _ = demo("demo-shapes")
    text = hs_test.cli("whatif", "--policy", "all", trace)
    out = text.out.decode()
    tap.check("text: table, chart, faithfulness", text.status == 0 and "(100.00%)" in out and "smallest heap" in out
              and "collect" in out and all(p in out for p in POLICIES), out)
    rows = list(csv.DictReader(io.StringIO(hs_test.cli("whatif", "--policy", "all", "--csv", trace).out.decode())))
    heaps = whatif("--policy", "all", trace)["heaps"]
    tap.check("CSV says what JSON says", [(r["policy"], int(r["heap_bytes"]), r["enough"]) for r in rows]
              == [(h["policy"], h["heap_bytes"], h["enough"]) for h in heaps], rows)
    narrow = hs_test.run([hs_test.CLI, "whatif", trace], env=dict(hs_test.SANITIZERS, COLUMNS="40", LC_ALL="C"))
    tap.check("narrow and in ASCII", narrow.status == 0 and narrow.out.isascii(), narrow.out)
    recorded = hs_test.cli("record", "-q", "--collect-every", "2K", "-o", os.path.join(hs_test.scratch(), "every.hst"), "--",
                           hs_test.firmware("unix64"), "-X", "heapsize=1M", "logger.py", cwd=DEMO)
    j = whatif(os.path.join(hs_test.scratch(), "every.hst"))
    tap.check("record --collect-every", recorded.status == 0 and j["recorded"]["collect_every_bytes"] == 2048
              and j["recorded"]["collections"] > 20, j["recorded"])


def case_midway():
    """A ring that begins in midst of the program: from its first snapshot on."""
    ring = os.path.join(hs_test.scratch(), "ring")
    hs_test.run_firmware("unix64", ["-X", "heapsize=192k", os.path.basename(script("bm_chaos"))], ring=ring + ":64K",
                         cwd=hs_test.scratch())
    j = whatif(ring)
    r = j["recorded"]
    tap.check("a ring in midst of a program", r["given_blocks"] > 100 and r["requests"] > 1000 and r["faithful"] >= FAITHFUL, r)
    out = hs_test.cli("whatif", ring).out.decode()
    tap.check("is said to begin there", "blocks were there when the replay begins" in out, out)


def case_refusals():
    trace, _ = demo("demo-refusals")
    ring = os.path.join(hs_test.scratch(), "small-ring")
    hs_test.run_firmware("unix64", ["-X", "heapsize=68k", "logger.py"], ring=ring + ":1K", cwd=DEMO)
    sampled, _ = demo("sampled", HEAPSTRATA_LEVEL="sampled")
    for args, expected in ((["--heap", "big", trace], "--heap takes sizes"), (["--heap", "64K,,1", trace], "--heap takes sizes"),
                           (["--policy", "worst-fit", trace], "no such policy: 'worst-fit'"),
                           (["--threshold", "often", trace], "--threshold takes bytes"),
                           (["--granule", "24", trace], "--granule takes a power of two"),
                           (["--death", "now", trace], "--death takes early|middle|late"),
                           (["--heap", "1", trace], "no room for a granule"),
                           (["--heap", ",".join(["1K"] * 9), trace], "not more than 8"),
                           ([sampled], "recorded at level sampled"), ([ring], "layout is not known"),
                           ([os.path.join(DEMO, "logger.py")], "logger.py")):
        done = hs_test.cli("whatif", *args)
        err = done.err.decode()
        tap.check("refused: " + " ".join(a for a in args if "/" not in a) + ": " + expected,
                  done.status == 2 and expected in err and not done.out, "%s %s" % (done.status, err))


def main():
    for name, case in list(globals().items()):
        if name.startswith("case_"):
            try:
                case()
            except Exception as problem:  # a broken case must not hide the others
                tap.check(name, False, repr(problem))
    tap.finish()


main()
