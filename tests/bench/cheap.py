# SPDX-License-Identifier: MIT
"""Cheap: instructions on an emulated Cortex-M3, counted exactly; ROM and RAM."""
import collections
import os

import board
import common
import firmware
import peers
import programs

N, M = 100, 100
ALLOCATES = ["alloc hook", "alloc encode"]


def give_back(counts, plain):
    """A wrap may do the real function's work itself: what that function took in the plain firmware is the
    core's. Only functions of the allocation family do so."""
    for (name, ours), n in plain.own.items():
        if n and not ours and not counts.calls[name, False] and counts.entered("__wrap_" + name):
            counts.scope["alloc hook"] -= n
            counts.scope["core"] += n


def run_all(report, hooked, plain):
    """By program: counts of the plain firmware, of the hooked one stopped, and recording."""
    found = {}
    for name in programs.NAMES:
        runs = [plain.count(programs.for_board(name, N, M)),
                hooked.count(programs.for_board(name, N, M, stopped=True)),
                hooked.count(programs.for_board(name, N, M))]
        texts = [text for _, text in runs]
        if not all(counts for counts, _ in runs):
            report.skip(name, next(text for counts, text in runs if not counts))
        elif len(set(texts)) > 1:
            report.skip(name, "results differ: %s" % ", ".join(texts))
        else:
            found[name] = [counts for counts, _ in runs]
            for counts in found[name][1:]:
                give_back(counts, found[name][0])
    return found


def program_row(name, plain, stopped, recording):
    allocs = recording.entered("hs_put_alloc")
    encode = recording.scope["alloc encode"]
    return [name, plain.total / 1e6, allocs, recording.entered("hs_put_free"), recording.entered("hs_put_realloc"),
            1000 * allocs / plain.total,
            encode / max(allocs, 1), sum(recording.scope[s] for s in ALLOCATES) / max(allocs, 1),
            recording.total / recording.core, recording.total / plain.total,
            stopped.total / stopped.core, stopped.total / plain.total]


def show_programs(report, found):
    head = ["program", "plain, M insn", "allocs", "frees", "reallocs", "allocs/1000 insn", "encode", "with hooks",
            "recording/own core", "recording/plain", "stopped/own core", "stopped/plain"]
    rows = [program_row(name, *counts) for name, counts in found.items()]
    means = [common.geometric_mean([row[i] for row in rows]) for i in range(8, 12)]
    report.table("programs", head, rows + [["geometric mean"] + [None] * 7 + means],
                 "perf_bench programs, N=%d M=%d, heap of 143,360 bytes; instructions per recorded allocation" % (N, M))
    report.line("  own core: MicroPython's own instructions in the same run. The plain firmware has other interned names,\n"
                "  hence other collisions in the cache of map lookups: that alone moves a program by up to 10 % either way.")
    return means


def show_scopes(report, total):
    entered = {"alloc hook": "__wrap_gc_alloc", "alloc encode": "hs_put_alloc", "free hook": "__wrap_gc_free",
               "free encode": "hs_put_free", "realloc hook": "__wrap_gc_realloc", "realloc encode": "hs_put_realloc",
               "call hook": "__wrap_mp_execute_bytecode", "collection": "__wrap_gc_collect_end",
               "packet turn": "hs_packet_turn", "site definition": "define_site", "keyframe": "hs_keyframe"}
    rows = []
    for scope, n in total.scope.most_common():
        calls = total.entered(entered[scope]) if scope in entered else None
        rows.append([scope, n, 100 * n / total.core, calls, n / calls if calls else None])
    report.table("scopes", ["where", "instructions", "% of core", "times", "each"], rows, "all programs, recording: for what")


def show_functions(report, total):
    rows = []
    ours = sum(n for (_, mine), n in total.own.items() if mine)
    for (name, mine), n in total.own.most_common():
        if mine and n * 1000 > ours:
            calls = total.calls[name, mine]
            rows.append([name, calls, n, n / calls if calls else None, 100 * n / ours])
    report.table("functions", ["function", "times", "instructions", "each", "% of ours"], rows,
                 "all programs, recording: our functions, without what they call")


def show_peers(report, encode, all_in):
    rows = [["HeapStrata, alloc encoded, site known", encode, 1.0, "this run, M3, perf_bench"],
            ["HeapStrata, with Python site and hooks", all_in, all_in / encode, "this run, M3, perf_bench"]]
    for name, (_, instructions, _) in peers.RECORDERS.items():
        if instructions:
            rows.append([name, instructions, instructions / encode, peers.EARLIER + ", M4, synthetic"])
    report.table("peers", ["an event", "instructions", "ratio", "measured"], rows)


def show_instructions(report, found):
    total, stopped = board.Counts(), board.Counts()
    for _, still, recording in found.values():
        total.add(recording)
        stopped.add(still)
    allocs = max(total.entered("hs_put_alloc"), 1)
    events = sum(total.entered(f) for f in ("hs_put_alloc", "hs_put_free", "hs_put_realloc"))
    encode = total.scope["alloc encode"] / allocs
    all_in = sum(total.scope[s] for s in ALLOCATES) / allocs
    turn, define = total.scope["packet turn"], total.scope["site definition"]
    means = show_programs(report, found)
    show_scopes(report, total)
    show_functions(report, total)
    slow = sum(total.entered(f) for f in ("put_alloc", "put_alloc_slow"))
    report.table("allocation", ["per recorded allocation", "instructions"], [
        ["encode, site known", encode],
        ["hooks: gc_alloc, m_malloc family", total.scope["alloc hook"] / allocs],
        ["turn of the packet with its CRC, per event", turn / events],
        ["definitions of new sites, per event", define / events],
        ["one definition", define / max(total.entered("define_site"), 1)],
        ["predicted by the encoder, %", 100 * (1 - slow / allocs)],
        ["while stopped: hooks", stopped.scope["alloc hook"] / max(stopped.entered("__wrap_gc_alloc"), 1)]])
    show_peers(report, encode, all_in)
    report.target("M3: encode an allocation, site known, instructions", encode, 65)
    report.target("M3: a recorded allocation in all, with Python site", all_in, 100)
    report.target("M3: the same with packet turns (CRC) shared out", all_in + turn / events, 100)
    report.target("M3: perf_bench recording / plain, geometric mean", means[1], 1.10)
    report.target("M3: perf_bench recording / own core, geometric mean", means[0], 1.10)
    report.target("M3: perf_bench stopped / plain, geometric mean", means[3], 1.01)
    report.target("M3: perf_bench stopped / own core, geometric mean", means[2], 1.01)


# ---- ROM and RAM ----

def shown(piece):
    """The object, or the symbol where it is one of the tables whose size the user chooses."""
    symbol = piece.section.split(".")[-1]
    return symbol if symbol in ("sites", "hash", "ring") else None


def show_memory(report, elf, plain):
    rom, ram, tables = collections.Counter(), collections.Counter(), collections.Counter()
    for p in firmware.pieces(elf):
        if not p.ours:
            continue
        name = os.path.basename(p.object)[:-2]
        if p.section.startswith((".text", ".rodata", ".data")):
            rom[name] += p.size
        if p.section.startswith((".data", ".bss", "COMMON")):
            if shown(p):
                tables[shown(p)] += p.size
            else:
                ram[name] += p.size
    rows = [[name, rom[name], ram[name]] for name in sorted(set(rom) | set(ram), key=lambda n: -rom[n])]
    rows.append(["all", sum(rom.values()), sum(ram.values())])
    report.table("memory", ["object", "ROM", "RAM"], rows, "bytes on the Cortex-M3, by the linker map")
    for name, size in tables.items():
        report.line("  beside: table %s, %d bytes of RAM, its size is the user's choice" % (name, size))
        report.figure("table " + name, size)
    (rom1, ram1), (rom0, ram0) = firmware.totals(elf), firmware.totals(plain)
    report.line("  whole image against the plain one: ROM +%d, RAM +%d" % (rom1 - rom0, ram1 - ram0))
    report.figure("image", {"rom": rom1 - rom0, "ram": ram1 - ram0})
    report.line("  SystemView's own claims: under 2 KB of ROM, 600 bytes of RAM (published)")
    report.target("M3: ROM of lib and hook, bytes", sum(rom.values()), 6144)
    report.target("M3: RAM beside ring and site table, bytes", sum(ram.values()), 1024)


def run(report):
    report.section("cheap", "Cheap: an emulated Cortex-M3, instructions counted exactly")
    elf, plain = common.firmware("qemu-arm/firmware.elf"), common.firmware("qemu-arm/firmware.elf", plain=True)
    plugin = board.build_plugin()
    with common.scratch() as folder:
        show_instructions(report, run_all(report, board.Board(elf, plugin, folder), board.Board(plain, plugin, folder)))
    show_memory(report, elf, plain)
