#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two and four threads without a global lock, on the real unix port.

Each thread allocates blocks of known sizes in a known order, with a mark after every seven. In the trace each of
these must be there, by the right thread, at the right line, between the right marks; what a ring no longer holds is
at its begin, and what was offered is what was decoded, overwritten or counted as lost.
"""
import ast
import collections
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

ROUNDS = int(os.environ.get("HS_THREAD_ROUNDS", "1500"))
LINE = 1 + open(os.path.join(HERE, "work.py")).read().split("bytearray")[0].count("\n")


def events(trace):
    done = hs_test.cli("dump", trace, "--json", "--kind", "alloc,mark,thread")
    return done.status, [json.loads(line) for line in done.out.splitlines()]


def expected(number):
    """What thread `number` does, in order."""
    for i in range(ROUNDS):
        for k in range(7):
            yield "ALLOC", 1000 * (number + 1) + (i * 7 + k) % 900
        yield "MARK", "t%d %d" % (number, i)


def sort_out(found, threads):
    """Events of each thread's work, and what is wrong with who made them."""
    by_work, makers, wrong = collections.defaultdict(list), collections.defaultdict(set), []
    thread = None  # as the last THREAD record says; a ring may begin behind one
    for e in found:
        if e["kind"] == "THREAD":
            thread = e["thread"]
            continue
        if e["kind"] == "MARK" and e["label"].startswith("t"):
            work, what = int(e["label"][1:].split()[0]), e["label"]
        elif e["kind"] == "ALLOC" and "work.py:%d " % LINE in e.get("where", ""):
            work, what = e["size"] // 1000 - 1, e["size"]
            if not 0 <= work < threads or e["size"] % 1000 >= 900:
                continue  # the object in front of its bytes
        else:
            continue
        by_work[work].append((e["kind"], what))
        if thread is not None:
            makers[work].add(thread)
    for work, numbers in makers.items():
        if len(numbers) != 1:
            wrong.append("what thread %d did is said to be by %s" % (work, numbers))
    if len({n for numbers in makers.values() for n in numbers}) != len(makers):
        wrong.append("two threads have one number: %s" % dict(makers))
    return by_work, wrong


def check(trace, threads, device, whole):
    """What is wrong with a trace; `whole`: it holds everything from the start."""
    status, stat, error = hs_test.cli_json("stat", trace)
    if status != 0:
        return ["stat ended with %s: %s" % (status, error)]
    status, found = events(trace)
    by_work, wrong = sort_out(found, threads)
    for number in range(threads):
        right, seen = list(expected(number)), by_work[number]
        if whole and len(seen) != len(right):
            wrong.append("thread %d: %d of %d" % (number, len(seen), len(right)))
        if seen != right[len(right) - len(seen):]:
            at = next(i for i, (a, b) in enumerate(zip(seen, right[len(right) - len(seen):])) if a != b)
            wrong.append("thread %d: %s where %s is due" % (number, seen[at], right[len(right) - len(seen) + at]))
    if stat["lost"] or device["lost"]:
        wrong.append("lost: %d, %d" % (stat["lost"], device["lost"]))
    wrong += [w["text"] for w in stat["warnings"] if w["what"] == "diverged"]
    if not 0 <= stat["emitted"] - device["records"] < 20:
        wrong.append("%d emitted, the device had counted %d" % (stat["emitted"], device["records"]))
    return wrong


def run(tap, firmware, threads, ring):
    trace = os.path.join(hs_test.scratch(), "trace")
    if os.path.exists(trace):
        os.unlink(trace)
    where = {"ring": "%s:%s" % (trace, ring)} if ring else {"trace": trace}
    done = hs_test.run_firmware(firmware, ["-X", "heapsize=300k", os.path.join(HERE, "work.py"), str(threads), str(ROUNDS)],
                                **where)
    line = [x for x in done.out.decode(errors="replace").splitlines() if x.startswith("{")]
    title = "%s, %d threads, %s" % (firmware, threads, "ring of " + ring if ring else "stream")
    if done.status != 0 or not line:
        tap.check(title, False, done.out[-300:] + done.err[-300:])
        return
    wrong = check(trace, threads, ast.literal_eval(line[-1]), not ring or ring == "4m")
    tap.check(title, not wrong, "\n".join(wrong))


def main():
    tap = hs_test.Tap()
    for firmware in hs_test.UNIX:
        if not hs_test.runs_threads(firmware):
            tap.skip(firmware, "QEMU runs it here, without threads")
            continue
        for threads in (2, 4):
            for ring in (None, "4m", "64k", "8k"):
                run(tap, firmware, threads, ring)
    tap.finish()


if __name__ == "__main__":
    main()
