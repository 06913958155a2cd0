# SPDX-License-Identifier: MIT
"""The ring over everything that starts a Pico anew: what was recorded before is there, and why it ended is named."""
import os
import re

import hs_test
import pico

MARK = "import heapstrata\nheapstrata.mark('%s')\n"
POWER_ON, SOFTWARE, WATCHDOG, RESET_PIN = 1, 2, 3, 6


def trace(board):
    sram = os.path.join(hs_test.scratch(), "boots.bin")
    board.save_sram(sram)
    return sram


def dump(sram):
    return hs_test.cli("dump", sram).out.decode(errors="replace")


def causes(text):
    """{boot: cause} of the RESET records."""
    return {int(b): int(c) for b, c in re.findall(r"\bRESET +boot=(\d+) cause=(\d+)", text)}


def marks(text):
    return re.findall(r'\bMARK .*?"([^"]*)"', text)


def restart(tap, name, reset, cause, word):
    """A mark, the reset, another mark: both are in the ring, with the cause in the record and in words."""
    with pico.Pico(noise=True) as board:
        board.run(MARK % "before")
        reset(board)
        board.run(MARK % "after")
        sram = trace(board)
        boot = board.run("import heapstrata\nprint(heapstrata.stats()['boot'])")[0].strip()
    text = dump(sram)
    tap.check("%s: the second boot goes on in the ring" % name, boot == b"2" and marks(text) == ["before", "after"],
              (boot, marks(text)))
    tap.check("%s: cause %d" % (name, cause), causes(text).get(2) == cause, causes(text))
    told = hs_test.cli("resets", sram)
    tap.check("%s: resets says '%s'" % (name, word), told.status == 0 and ("reset by " + word).encode() in told.out,
              (told.status, told.out[:400], told.err))


def case_power(tap):
    with pico.Pico(noise=True) as board:
        sram = trace(board)
        text = dump(sram)
        said = board.run("import heapstrata, gc\ns = heapstrata.stats()\nprint(s['site_table'], s['sized_by_heap'])\n"
                         "print(gc.mem_alloc() + gc.mem_free())")[0].split()
    facts = dict(re.findall(r"^FACT +key=(\S+) value=(\S+)$", hs_test.cli("dump", "--dict", sram).out.decode(), re.M))
    tap.check("power-on: ring and table came out of the heap by its size, and that is said",
              [facts.get("sites"), facts.get("sized-by-heap")] == [s.decode() for s in said[:2]] == ["256", said[1].decode()] and
              int(said[1]) > int(said[2]) > int(said[1]) * 3 // 4, (facts, said))
    tap.check("power-on: an image is laid out over what SRAM had in it, cause 1", causes(text) == {1: POWER_ON}, text[:300])


def case_soft(tap):
    """A soft reset is no boot: the same one goes on, and the heap's end is a collection with that cause."""
    with pico.Pico() as board:
        board.run(MARK % "before")
        board.soft_reset()
        board.run(MARK % "after")
        sram = trace(board)
    text = dump(sram)
    ends = re.findall(r"\bCOLLECT +cause=(\d+)", text)
    tap.check("soft reset: one boot, both marks", marks(text) == ["before", "after"] and 2 not in causes(text),
              (marks(text), causes(text)))
    tap.check("soft reset: the heap's end is recorded with its cause", ends.count("3") == 1, ends)


def case_damaged(tap):
    """A brownout that changes bits all over SRAM: the board starts and records; nothing of a damaged ring is taken for true."""
    with pico.Pico() as board:
        board.run("l = [[i] for i in range(300)]\n" + MARK % "before")
        board.brownout(every=509)
        board.run(MARK % "after")
        sram = trace(board)
    text = dump(sram)
    left = causes(text)
    tap.check("brownout with damage: the boot that follows is recorded, cause 1", marks(text)[-1:] == ["after"] and
              left and left[max(left)] == POWER_ON, (marks(text), left))
    tap.check("brownout with damage: what is shown does not contradict itself", hs_test.cli_json("stat", sram)[0] == 0 and
              "contradictions" not in hs_test.cli("report", sram).out.decode(), hs_test.cli("report", sram).out[:600])


def run(tap):
    case_power(tap)
    case_soft(tap)
    restart(tap, "machine.reset()", lambda b: b.run_to_reset("import machine\nmachine.reset()"), SOFTWARE, "software")
    restart(tap, "watchdog", lambda b: b.run_to_reset("import machine\nmachine.WDT(timeout=100)\nwhile True: pass"), WATCHDOG,
            "watchdog")
    restart(tap, "in the midst of allocating", lambda b: (b.start("while True: [bytearray(9)]"), b.reset()), RESET_PIN, "the reset pin")
    restart(tap, "brownout", lambda b: (b.start("while True: [bytearray(9)]"), b.brownout()), POWER_ON, "power-on")
    case_damaged(tap)
