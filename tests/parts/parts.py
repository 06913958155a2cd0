#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Firmware built with HEAPSTRATA_WITHOUT: each runs on QEMU's Cortex-M3, `heapstrata map` is mem_info's granule by granule, lines
have their blocks, what is missing raises an exception, the trace names the missing parts, and each part less is less ROM.

    parts.py [PART...]     ROM and RAM of a build without these parts; without an argument the test
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), folder) for folder in ("tools", "oracle", "bench")]
import firmware
import hs_test
import meminfo
import qemu_mp

FIRMWARES = os.path.join(hs_test.MP, "parts")
PARTS = ["levels", "phases", "references", "streaming", "track", "speed"]
BUILDS = [["levels", "references"], PARTS]
OFF = ["FROZEN_MANIFEST="]

PROGRAM = """import heapstrata, micropython
def refused(call):
    try:
        call()
    except (NotImplementedError, AttributeError):
        return 1
    return 0
kept = []
def work():
    for i in range(20):
        kept.append(bytearray(400))
work()
missing = (refused(lambda: heapstrata.start(level="sampled")), refused(lambda: heapstrata.refs("")),
           refused(lambda: heapstrata.stream), refused(lambda: heapstrata.track))
heapstrata.start(level="full")
print("missing", *missing, heapstrata.stats()["level"])
heapstrata.mark("oracle"); micropython.mem_info(1)
"""


def build(parts):
    """The firmware's file, or None and what make said. What was built before is kept."""
    folder = os.path.join(FIRMWARES, "-".join(parts), "qemu-arm")
    os.makedirs(folder, exist_ok=True)
    done = hs_test.run(["flock", folder + ".lock", "make", "-s", "-j%d" % (os.cpu_count() or 1), "-C",
                        os.path.join(hs_test.MP_SRC, "ports", "qemu"), "BOARD=MPS2_AN385", "BUILD=" + folder, *OFF,
                        "USER_C_MODULES=" + os.path.join(hs_test.ROOT, "firmware-hooks"), "HEAPSTRATA_WITHOUT=" + " ".join(parts)],
                       env={"GIT_CEILING_DIRECTORIES": os.path.dirname(hs_test.MP_SRC), "MAKEFLAGS": ""}, timeout=1800, merge=True)
    elf = os.path.join(folder, "firmware.elf")
    return (elf if done.status == 0 else None), done.out.decode(errors="replace")[-3000:]


def sizes(elf):
    """ROM of lib/ and hooks, and their RAM without the tables whose sizes the user chooses."""
    ours = [p for p in firmware.pieces(elf) if p.ours]
    rom = sum(p.size for p in ours if p.section.startswith((".text", ".rodata", ".data")))
    ram = sum(p.size for p in ours if p.section.startswith((".data", ".bss", "COMMON")) and
              p.section.split(".")[-1] not in ("sites", "hash", "ring"))
    return rom, ram


def examine(tap, elf, without):
    name = "without " + " ".join(without) if without else "everything"
    trace = os.path.join(hs_test.scratch(), "ring.bin")
    with qemu_mp.QemuMp(elf) as board:
        out, error = board.run(PROGRAM)
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    lacks = " ".join(str(int(part in without)) for part in ("levels", "references", "streaming", "track"))
    tap.check(name + ": what is missing raises an exception, nothing else does",
              not error and b"missing %s full" % lacks.encode() in out, out[:300] + error)
    done = hs_test.cli("map", trace, "--at", "mark:oracle", "--style", "meminfo")
    real, map_ = meminfo.parse(out), meminfo.parse(done.out)
    tap.check(name + ": the map is mem_info's", real.areas and meminfo.difference(real, map_) == "", done.err)
    rows = (hs_test.cli_json("report", trace)[1] or {}).get("rows", [])
    bytes_of = {row["line"]: row["live_bytes"] for row in rows if row.get("live_bytes", 0) >= 8000}
    tap.check(name + ": the line has its live bytes", any("work" in line for line in bytes_of), rows[:3])
    said = hs_test.cli("report", trace).out.decode(), hs_test.cli("doctor", trace).out.decode()
    wanted = ["built without:" + "".join(" " + part for part in without if part != "speed")] if without else []
    tap.check(name + ": report and doctor say what it lacks",
              all(w in text for w in wanted for text in said) if wanted else not any("built without" in text for text in said), said)
    phases = hs_test.cli("dump", "--kind", "phase", trace).out
    tap.check(name + ": phases are in the trace, or not", bool(phases) == ("phases" not in without), phases[:200])


def main():
    tap = hs_test.Tap()
    if sys.argv[1:]:
        elf, why = build(sys.argv[1:])
        print(sizes(elf) if elf else why)
        return
    rom = []
    for without in BUILDS:
        elf, why = build(without)
        if tap.check("without %s: the firmware builds" % " ".join(without), elf, why):
            examine(tap, elf, without)
            rom.append(sizes(elf)[0])
            tap.note("without %s: %d bytes of ROM, %d of RAM" % (" ".join(without), *sizes(elf)))
    whole = hs_test.firmware(hs_test.QEMU)
    examine(tap, whole, [])
    rom.insert(0, sizes(whole)[0])
    tap.note("everything: %d bytes of ROM, %d of RAM" % sizes(whole))
    tap.check("fewer parts, less ROM", sorted(rom, reverse=True) == rom and rom[0] - rom[1] > 4000 and rom[1] - rom[2] > 3000, rom)
    tap.finish()


if __name__ == "__main__":
    main()
