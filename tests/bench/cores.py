# SPDX-License-Identifier: MIT
"""Cores: ROM and RAM of lib/ and of a port, and instructions per event, on every core of hs_cores.py."""
import collections
import os

import bare
import common
import firmware
import hs_cores
import synthetic

# Nothing that a build may leave out, and all of it. A port's own header chooses some of these for itself.
BUILDS = {
    "least": ["-Os", "-DHS_STREAM=0", "-DHS_EXPLICIT=0", "-DHS_CRC_TABLE=16"],
    "everything": ["-Os", "-DHS_STREAM=1", "-DHS_EXPLICIT=1", "-DHS_CRC_TABLE=256"],
}
CLOCK = ["-DHS_TICKS()=(*(volatile uint32_t *)0xE0001004u)", "-DHS_TICKS_HZ=125000000u"]  # any register will do
CORTEXM = ("firmware-hooks/ports/port_cortexm.h", "firmware-hooks/ports/port_cortexm.c")
BARE = ("tests/bench/port_least.h", "tests/bench/port_least.c")
TABLES = ("sites", "hash", "ring")  # whose sizes are the user's choice
ROM_LIMIT, RAM_LIMIT = 6144, 1024
SHOWN = ["encode", "image", "site", "runs", "crc", "packet", "schema"]


def port_of(core):
    return CORTEXM if core.name.startswith("cortex") else BARE


def measure(core, build, folder):
    """(ROM by object, RAM by object) of what is linked, the C library and the program around it left out."""
    header, port = port_of(core)
    flags = ["-std=gnu11", *hs_cores.WARNINGS, *hs_cores.SECTIONS, *BUILDS[build], '-DHS_PORT_HEADER="%s"' % header, *(CLOCK if port_of(core) == CORTEXM else [])]
    objects = []
    for source in hs_cores.LIB + [port]:
        objects.append(os.path.join(folder, os.path.basename(source)[:-2] + ".o"))
        done = core.compile([*flags, "-c", "-o", objects[-1]], [source])
        if done.returncode:
            raise RuntimeError("%s: %s\n%s" % (core.name, source, done.stdout))
    elf = core.link(os.path.join(folder, "least.elf"), ["tests/bench/least_main.c", *objects], *flags, roomy=True)
    rom, ram = collections.Counter(), collections.Counter()
    for piece in firmware.pieces(elf):
        name = os.path.basename(piece.object)[:-2]
        if piece.object not in objects or piece.section.split(".")[-1] in TABLES or piece.section == ".noinit":
            continue
        if piece.section.startswith((".text", ".rodata", ".srodata", ".data", ".sdata")):
            rom[name] += piece.size
        if piece.section.startswith((".data", ".sdata", ".bss", ".sbss", "COMMON")):
            ram[name] += piece.size
    return rom, ram


def show_memory(report, folder):
    names = [os.path.basename(source)[:-2] for source in hs_cores.LIB]
    rows = []
    for core in hs_cores.CORES.values():
        port = os.path.basename(port_of(core)[1])[:-2]
        for build in BUILDS:
            rom, ram = measure(core, build, folder)
            lib = sum(rom[name] for name in names)
            rows.append([core.title, build, *(rom[name] for name in SHOWN), lib, rom[port],
                         sum(ram[name] for name in names), ram[port]])
            if build == "least":
                report.target("%s: ROM of lib and port, least build, bytes" % core.title, lib + rom[port], ROM_LIMIT)
                report.target("%s: RAM of lib and port, least build, bytes" % core.title, sum(ram.values()), RAM_LIMIT)
    report.table("memory", ["core", "build", *SHOWN, "lib", "port", "RAM: lib", "port"], rows,
                 "bytes of ROM and RAM that are linked, -Os; targets with a hook beside: ROM %d, RAM %d" % (ROM_LIMIT, RAM_LIMIT))
    report.line("  Left out: the C library's memcpy, memset and memcmp; of RAM the ring, the table of sites and its hash.\n"
                "  Ports: Cortex-M's of firmware-hooks/ports; else the least there can be (tests/bench/port_least.c), as\n"
                "  ESP-IDF's needs ESP-IDF.")


def show_instructions(report, folder):
    program = synthetic.build()
    rows = []
    for core in hs_cores.CORES.values():
        found = bare.count(core, program, folder)
        predicted, random = found["predicted"], found["random"]
        rows.append([core.title, predicted.alloc, predicted.free, random.alloc, random.free, random.turn, found["leb"].event,
                     found["struct"].event])
    report.table("instructions", ["core", "alloc", "free", "alloc, random", "free, random", "turn an event", "plain LEB128",
                                  "16-byte struct"], rows,
                 "instructions an event, -O2, no lock: as predicted; of the synthetic stream; other recorders on that stream")


def run(report):
    report.section("cores", "Cores: lib/ by itself, on emulated machines")
    missing = {core.missing() for core in hs_cores.CORES.values()} - {None}
    for what in sorted(missing):
        report.skip("a core", what)
    if missing:
        return
    with common.scratch() as folder:
        show_memory(report, folder)
        show_instructions(report, folder)
