#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The interpreter's heap, CircuitPython's outer heap, lwIP and the heap of firmware-hooks/example in one trace with one clock.

MicroPython is built as CircuitPython has it, with a heap that grows out of an outer heap, and with real lwIP. The map of the
interpreter's areas must be that of mem_info, bytes in use of the outer heap those of its own walk, lwIP's timeouts those of
its own list: recorded from the start, and from what a ring still holds.

HS_HEAPS_FIRMWARE names another firmware to try, CircuitPython's unix port built in the same way for instance.
"""
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle")]
import hs_test
import meminfo
import ust_memory

tap = hs_test.Tap()
LWIP = os.environ.get("HS_LWIP_SRC") or os.path.join(hs_test.ROOT, "build", "lwip", "src")
FOLDER = os.path.join(os.path.dirname(hs_test.MP), "heaps", "unix64")
OFF = "FROZEN_MANIFEST= MICROPY_PY_BTREE=0 MICROPY_PY_SSL=0 MICROPY_SSL_AXTLS=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0".split()


def build():
    """The firmware; what is built already is kept."""
    os.makedirs(FOLDER, exist_ok=True)
    done = hs_test.run(["flock", FOLDER + "/lock", "make", "-s", "-j%d" % (os.cpu_count() or 1), "-C", os.path.join(hs_test.MP_SRC, "ports", "unix"),
                        "STRIP=", *OFF, "BUILD=" + hs_test.mp_folder("unix", FOLDER), "USER_C_MODULES=" + os.path.join(hs_test.ROOT, "firmware-hooks"),
                        "HEAPSTRATA_LWIP=1", "HEAPSTRATA_OUTER=1", "HEAPSTRATA_HEAPS=example", "HEAPSTRATA_MORE=" + os.path.join(HERE, "more.mk"),
                        "HEAPS_LWIP=" + LWIP, "CFLAGS_EXTRA=-include %s/config.h -Wno-pointer-arith" % HERE],
                       env={"GIT_CEILING_DIRECTORIES": os.path.dirname(hs_test.MP_SRC), "MAKEFLAGS": ""}, timeout=900, merge=True)
    if done.status:
        tap.check("the firmware builds", False, done.out.decode(errors="replace")[-3000:])
        tap.finish()
    return os.path.join(FOLDER, "micropython")


def heaps_of(events, part):
    """The heaps in which blocks were allocated in a part of a dump."""
    found = re.findall(r'REGION .*? first=(\d+) granules=(\d+) .*? name="([^"/]*)', events)
    at = [int(p) for p in re.findall(r"ALLOC .*? pos=(\d+)", part)]
    return {name for first, n, name in found if any(int(first) <= p < int(first) + int(n) for p in at)}


def examine(name, into, args=("-X", "heapsize=16k")):
    """Runs the script, and holds the trace against what the program printed."""
    trace = os.path.join(hs_test.scratch(), "trace")
    if os.path.exists(trace):
        os.remove(trace)
    env = {"HEAPSTRATA_OUT": trace} if into is None else {"HEAPSTRATA_RING": "%s:%s" % (trace, into)}
    done = hs_test.run([firmware, *args, os.path.join(HERE, "script.py")], env=env)
    out = done.out.decode()
    said = re.search(r"^used (\d+) (\d+) (\d+)$", out, re.M)
    if not tap.check("%s: the program runs, lwIP's self-test passes, a request beyond all is refused" % name,
                     done.status == 0 and said and "lwip 0" in out and "refused None None" in out, out[-500:] + done.err.decode()):
        return None
    map_done = hs_test.cli("map", "--at", "mark:oracle", "--heap", "gc", "--style", "meminfo", trace)
    difference = meminfo.difference(meminfo.parse(out), meminfo.parse(map_done.out))
    tap.check("%s: the interpreter's %d areas are mem_info's" % (name, len(meminfo.parse(out).areas)),
              map_done.status == 0 and not difference and len(meminfo.parse(out).areas) > 2, difference or map_done.err.decode())
    status, data, text = hs_test.cli_json("stat", "--heap", "outer", trace)
    regions = {r["name"]: r for r in data["regions"]}
    # its control structure and the mark at its end are in use as well
    tap.check("%s: bytes in use of the outer heap are those of its own walk" % name,
              regions["outer"]["used_bytes"] - int(said.group(1)) == 512 + 8, "%s %s" % (regions["outer"], said.group(0)))
    value = hs_test.cli_json("stat", "--heap", "example", trace)[1] or {}
    tap.check("%s: bytes in use of the example's heap are those of its own walk" % name, value.get("used_bytes") == int(said.group(3)) > 0,
              (value, said.group(0)))
    shown = hs_test.cli_json("regions", trace)[1] or {}
    numbers = sorted((r["region"], r["base"]) for r in shown.get("regions", []))
    tap.check("%s: no two regions are one" % name, len(set(numbers)) == len(numbers) > 10, numbers)
    for choice in ((), ("--heap", "outer"), ("--heap", "gc"), ("--heap", "all")):
        stat, top = hs_test.cli_json("stat", *choice, trace)[1], json.loads(hs_test.cli("top", "--batch", "--json", *choice, trace).out)
        figures = "total_bytes used_bytes free_bytes allocs frees swept".split()
        tap.check("%s: top %s has stat's figures" % (name, " ".join(choice)), [top[k] for k in figures] == [stat[k] for k in figures],
                  (top, stat))
    around = hs_test.cli_json("stat", trace)[1]["around"]
    tap.check("%s: without a choice it is the interpreter's heap that is shown, with the other's figures beside it" % name, [
        (a["name"], a["bytes"], a["used_bytes"], a["blocks"], into or a["peak_bytes"]) for a in around] == [
        ("outer", data["total_bytes"], data["used_bytes"], data["blocks"], into or data["peak_used_bytes"])], (around, data["used_bytes"], data["peak_used_bytes"]))
    status, data, text = hs_test.cli_json("pools", trace)
    pools = {p["pool"]: p for p in data["pools"]}
    tap.check("%s: lwIP's timeouts are those of its own list, each with its handler" % name,
              pools["SYS_TIMEOUT"]["now"] == int(said.group(2)) and (into or "mdns_" in str(pools["SYS_TIMEOUT"]["holders"])),
              "%s %s" % (pools["SYS_TIMEOUT"], said.group(0)))
    status, data, text = hs_test.cli_json("stat", trace)
    tap.check("%s: nothing contradicts" % name, status == 0 and not any("contradict" in w for w in map(str, data["warnings"])), data["warnings"])
    return trace


def exported(trace, *selection):
    """To CTF: Trace Compass knows one space of addresses, so areas within others must be told apart; and back."""
    folder, name = trace + ".ctf", " ".join(selection) or "no selection"
    if not tap.needs("CTF, %s" % name, "BABELTRACE2"):
        return
    shutil.rmtree(folder, ignore_errors=True)
    done = hs_test.cli("export", "-f", "ctf", *selection, "-o", folder, trace)
    memory = ust_memory.read(hs_test.run(["babeltrace2", folder]).out.decode().splitlines())
    used, blocks = sum(memory.used.values()), len(memory.live)
    status, stat, _ = hs_test.cli_json("stat", trace, *selection)
    tap.check("CTF, %s: %d bytes in %d blocks, none over another" % (name, used, blocks), done.status == status == 0 and memory.inflated ==
              memory.unknown == 0 and (used, blocks) == (stat["used_bytes"], stat["blocks"]), (done.err, stat["used_bytes"], stat["blocks"]))
    status, back, _ = hs_test.cli_json("stat", folder)
    tap.check("CTF, %s, and back: as many" % name, status == 0 and (back["used_bytes"], back["blocks"]) == (used, blocks), (back and (back["used_bytes"], back["blocks"]), (used, blocks)))


firmware = os.environ.get("HS_HEAPS_FIRMWARE") or build()
examine("ring", "256k")
trace = examine("from boot", None)
if trace:
    events = hs_test.cli("dump", trace).out.decode()
    times = [float(t) for t in re.findall(r"^ *\d+ +(\d+\.\d+)  [A-Z]", events, re.M)]
    between = events[events.index('label="begin"'):events.index('label="web"')]
    heaps = heaps_of(events, between)
    status, data, text = hs_test.cli_json("stat", trace)
    tap.check("one clock: times never go back, and all four heaps have events between two marks",
              times == sorted(times) and len(times) > 1000 and heaps == {"gc", "outer", "lwip", "example"}, heaps)
    sums = {heap: hs_test.cli_json("stat", "--heap", heap, trace)[1]["used_bytes"] for heap in ("gc", "lwip", "outer", "example")}
    tap.check("each byte is shown once, in the interpreter's heap where it is there", data["used_bytes"] == sums["gc"] + sums["lwip"] + sums["example"] > 0 and
              sums["outer"] > sums["gc"], (data["used_bytes"], sums))
    done = hs_test.cli("report", "--heap", "outer", "--limit", "0", trace)
    tap.check("a block of the outer heap has its Python line", b"script.py" in done.out, done.out[:2000])
    done = hs_test.cli("report", "--heap", "outer", trace)
    tap.check("what the outer heap refused is shown", b"Failed allocations: 1" in done.out, done.out[-600:])
    failures = hs_test.cli_json("report", "--heap", "all", trace)[1]["failures"]
    own = [f for f in failures if f["asked_bytes"] == 1 << 28]
    total = hs_test.cli_json("stat", "--heap", "gc", trace)[1]["total_bytes"]
    refused = [f for f in failures if f["asked_bytes"] == 1 << 20]
    tap.check("what the example's heap refused is judged by that, and has its Python line", len(refused) == 1 and refused[0]["free_bytes"] < 16384 and
              "script.py" in str(refused[0]), refused)
    tap.check("what the interpreter's heap refused is judged by its own free space", len(failures) == 3 and len(own) == 1 and
              own[0]["verdict"] == "full" and 0 < own[0]["free_bytes"] < total < 1 << 20, (failures, total))
    for selection in ((), ("--heap", "all"), ("--heap", "gc"), ("--heap", "lwip")):
        exported(trace, *selection)
tap.finish()
