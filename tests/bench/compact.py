# SPDX-License-Identifier: MIT
"""Compact: bytes of trace for each heap event, over MicroPython's own benchmark programs."""
import json
import os
import subprocess

import board
import common
import peers
import programs
from qemu_mp import RING_ADDR, RING_SIZE, BoardError, QemuMp

N, M = 100, 100
HEAP = "256k"
TIME_SCALE = 40  # the clock of a machine that is 40 times slower than this one
PACKETS = [4096, 1024, 256]
KINDS = ["allocs", "frees", "reallocs", "swept", "failed"]


def stat(trace):
    return json.loads(common.output(common.CLI, "stat", "--json", trace))


def figures(found, size):
    events = sum(found[kind] for kind in KINDS)
    return {"events": events, "bytes": size, **{kind: found[kind] for kind in KINDS}}


def run_unix(port, name, packet, folder):
    script, trace = os.path.join(folder, name + ".py"), os.path.join(folder, "trace.hst")
    with open(script, "w") as f:
        f.write(programs.for_unix(name, N, M))
    environ = dict(os.environ, HEAPSTRATA_OUT=trace, HEAPSTRATA_PACKET=str(packet), HEAPSTRATA_TIME_SCALE=str(TIME_SCALE))
    subprocess.run([common.firmware(port + "/micropython"), "-X", "heapsize=" + HEAP, script], env=environ, check=True,
                   stdout=subprocess.DEVNULL, timeout=120)
    return figures(stat(trace), os.path.getsize(trace))


def run_board(name, folder):
    """QEMU's own clock, which icount makes repeatable; the ring as a debug probe reads it."""
    image = os.path.join(folder, "ring.bin")
    with QemuMp(common.firmware("qemu-arm/firmware.elf"), icount=board.ICOUNT) as qemu:
        _, error = qemu.run(programs.for_board(name, N, M), timeout=300)
        if error:
            raise BoardError(error.decode().strip().splitlines()[-1])
        qemu.run("import heapstrata\nheapstrata.stop()")
        qemu.save_memory(RING_ADDR, RING_SIZE, image)
    found = stat(image)
    return figures(found, found["bytes"])


def total(rows):
    return {key: sum(row[key] for row in rows) for key in next(iter(rows), {})}


def show(report, key, title, runs):
    """Program by program; `runs` is by name. Returns bytes an event over all of them."""
    everything = total(runs.values())
    rows = [[name, run["events"], *(run[k] for k in KINDS), run["bytes"], run["bytes"] / run["events"]]
            for name, run in [*runs.items(), ("all", everything)]]
    report.table(key, ["program", "events", *KINDS, "bytes", "bytes/event"], rows, title)
    return everything["bytes"] / everything["events"]


def unix(report, port, folder):
    found = {}
    for packet in PACKETS:
        runs = {name: run_unix(port, name, packet, folder) for name in programs.NAMES}
        if packet == PACKETS[0]:
            title = "%s, heap %s, N=%d M=%d, clock %d times slower, packets of %d" % (port, HEAP, N, M, TIME_SCALE, packet)
            found[packet] = show(report, port, title, runs)
        else:
            everything = total(runs.values())
            found[packet] = everything["bytes"] / everything["events"]
    return found


def run(report):
    report.section("compact", "Compact: all bytes of the trace for each heap event")
    small = []
    with common.scratch() as folder:
        for port in ("unix32", "unix64"):
            found = unix(report, port, folder)
            small.append([port] + [found[packet] for packet in PACKETS])
            report.target("perf_bench, %s: bytes an event" % port, found[PACKETS[0]], 1.5)
        runs = {}
        for name in programs.NAMES:
            try:
                runs[name] = run_board(name, folder)
            except BoardError as error:
                report.skip("qemu-arm " + name, str(error))
    qemu = show(report, "qemu-arm", "qemu-arm, heap of 143,360 bytes, N=%d M=%d, its own clock under -icount" % (N, M), runs)
    report.target("perf_bench, qemu-arm: bytes an event", qemu, 1.5)
    report.table("packets", ["port", *("packets of %d" % packet for packet in PACKETS)], small, "bytes an event by size of packet")
    ours = small[0][1]
    rows = [["HeapStrata, unix32", ours, 1.0, "this run"]]
    rows += [[name, value, value / ours, peers.EARLIER] for name, value in peers.PROGRAMS_BYTES.items()]
    report.table("peers", ["recorder", "bytes an event", "ratio", "measured"], rows)
