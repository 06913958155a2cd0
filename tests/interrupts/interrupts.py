#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Ctrl-C: MicroPython's unix port raises KeyboardInterrupt out of the signal's handler, in the midst of whatever runs.

A program that catches it is interrupted at random moments. Its trace must not contradict itself and lose nothing, the map at
its end must be mem_info(1)'s, and what it allocates behind each interrupt must have its own line: code that ran when
the interrupt came is running no longer. A share of the runs; HS_INTERRUPTED_RUNS=500 makes more.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle")]
import hs_test
import meminfo

RUNS = int(os.environ.get("HS_INTERRUPTED_RUNS", "24"))
SOURCE = open(os.path.join(HERE, "work.py")).read()
LINE = 1 + SOURCE.split("return bytearray(5000")[0].count("\n")
VARIANTS = (("unix64", {}), ("unix32", {}), ("unix64", {"HEAPSTRATA_STACKS": "1"}), ("unix32", {"HEAPSTRATA_RING": "4m"}))


def contents(path):
    with open(path, "rb") as f:
        return f.read()


def interrupted(firmware, settings, trace, chance):
    """Runs the program; (status, its output, interrupts sent)."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
    env.update({"HEAPSTRATA_OUT": trace}, **settings)
    if "HEAPSTRATA_RING" in settings:
        env["HEAPSTRATA_RING"] = "%s:%s" % (env.pop("HEAPSTRATA_OUT"), settings["HEAPSTRATA_RING"])
    out, stop = (os.path.join(hs_test.scratch(), name) for name in ("out", "stop"))
    if os.path.exists(stop):
        os.unlink(stop)
    with open(out, "wb") as f:
        child = subprocess.Popen([hs_test.firmware(firmware), "-X", "heapsize=200k", os.path.join(HERE, "work.py"), stop],
                                 env=env, stdout=f, stderr=subprocess.STDOUT)
    sent, wanted = 0, chance.choice((1, 1, 3, 40))
    time.sleep(0.01)
    while sent < wanted and child.poll() is None:
        time.sleep(chance.uniform(0.0002, 0.008))
        if b"ready" in contents(out):  # before, nothing is caught
            child.send_signal(signal.SIGINT)
            sent += 1
    time.sleep(0.005)
    open(stop, "w").close()
    try:
        child.wait(120)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    return child.returncode, contents(out), sent


def lines_of(trace):
    """(blocks that the witness allocated, those of its size at another line)"""
    done = hs_test.cli("dump", trace, "--json", "--kind", "alloc")
    sizes = [e for e in map(json.loads, done.out.splitlines()) if 5000 <= e["size"] < 5050]
    strays = [e for e in sizes if "work.py:%d " % LINE not in e.get("where", "")]
    return len(sizes), strays


def check(trace, status, out):
    """What is wrong. The interpreter itself survives not every jump, without hooks as well: what it did before is whole."""
    wrong = []
    stat_status, stat, error = hs_test.cli_json("stat", trace)
    if stat_status != 0:
        return ["stat ended with %s: %s" % (stat_status, error)]
    wrong += [w["text"] for w in stat["warnings"] if w["what"] == "diverged"]
    if stat["lost"]:
        wrong.append("%d lost" % stat["lost"])
    _, strays = lines_of(trace)
    if strays:
        wrong.append("%d blocks at a wrong line: %s" % (len(strays), strays[0]))
    if b"\nGC memory layout" in out:
        made = hs_test.cli("map", trace, "--at", "mark:oracle", "--style", "meminfo")
        difference = meminfo.difference(meminfo.parse(out), meminfo.parse(made.out))
        if difference:
            wrong.append(difference + made.err.decode()[-200:])
    return wrong


def main():
    tap = hs_test.Tap()
    trace = os.path.join(hs_test.scratch(), "trace")
    for firmware, settings in VARIANTS:
        sent = ended = crashed = 0
        bad = []
        runs = RUNS // len(VARIANTS)
        for seed in range(runs):
            if os.path.exists(trace):
                os.unlink(trace)
            status, out, n = interrupted(firmware, settings, trace, random.Random(seed))
            sent += n
            crashed += status < 0
            ended += b"\nGC memory layout" in out
            wrong = check(trace, status, out)
            if wrong:
                bad.append("run %d: %s" % (seed, "; ".join(wrong)))
        title = " ".join([firmware] + ["%s=%s" % pair for pair in settings.items()])
        tap.check("%s: %d of %d interrupted runs whole" % (title, runs - len(bad), runs), not bad, "\n".join(bad[:5]))
        tap.note("%d interrupts; %d runs came to their end, %d crashed" % (sent, ended, crashed))
        tap.check("%s: runs are interrupted and come to their end" % title,
                  sent >= runs and ended * 2 > runs and crashed <= 1 + runs // 30, (sent, ended, crashed))
    tap.finish()


if __name__ == "__main__":
    main()
