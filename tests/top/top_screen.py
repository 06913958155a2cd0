# SPDX-License-Identifier: MIT
"""top on a terminal: what it shows, its keys, and that the terminal is as it was whatever happens."""
import json
import os
import re
import signal
import subprocess
import time

import hs_test
from sources import DEMO, FIRMWARE, STEADY, demo, path, start
from terminal import Terminal
from top_batch import running

TOP = hs_test.CLI + " top "
TITLES = re.compile(r"^ *ALLOCS/S\*? +BYTES/S\*? +LIVE\*? +BLOCKS\*? +TOTAL\*? M LINE", re.M)


def sorted_by(text):
    found = re.search(r"([A-Z/]+)\*", text)
    return found.group(1) if found else None


def restored(tap, name, terminal, status):
    text = terminal.wait(r"^status \d+\.")
    time.sleep(0.1)
    same, seen = terminal.settings_kept()
    tap.check("%s: status %s, the terminal as it was" % (name, status), "status %s." % status in text and same and
              terminal.flags() == ("0", "1"), (text, terminal.flags(), seen))
    return text


def case_figures(tap):
    """A finished trace: the screen shows stat's figures and map's map."""
    t = Terminal(TOP + demo(), 100, 40)
    text = t.wait("ended")
    stat = hs_test.cli_json("stat", demo())[1]
    tap.check("figures", "{:,} of {:,} bytes used ({:.1f}%), peak {:,}".format(stat["used_bytes"], stat["total_bytes"], 100.0 *
              stat["used_bytes"] / stat["total_bytes"], stat["peak_used_bytes"]) in text and "{:,} bytes in {} runs, the longest {:,}: "
              "fragmentation {:.1f}%".format(stat["free_bytes"], stat["free_runs"], stat["largest_free_bytes"], 100 * stat["fragmentation"])
              in text, text)
    tap.check("events, collections, failure", "{:,}, ".format(stat["events"]) in text and "lost 0 of {:,}".format(stat["emitted"]) in text
              and re.search(r"collected +%d times" % stat["collections"], text) and "12,288 bytes at logger.py:47 main, fragmented" in text, text)
    check_map(tap, text)
    tap.check("lines", TITLES.search(text) and "logger.py:18 summarise" in text and "q quit" in text, text)
    t.keys("q")
    restored(tap, "q", t, 0)
    t.close()


def check_map(tap, text):
    """The letters, in a row, against the map's string: used and free, and heads."""
    region = hs_test.cli_json("map", demo())[1]["regions"][0]
    rows = text.splitlines()
    first = next(i for i, r in enumerate(rows) if r.startswith("failed")) + 1
    last = next(i for i, r in enumerate(rows) if TITLES.match(r))
    letters = "".join(rows[first:last]).replace(" ", "")
    per = -(-len(region["map"]) // len(letters))
    cells = [region["map"][i:i + per] for i in range(0, len(region["map"]), per)]
    wanted = "".join("." if not c.strip(".") else "x" for c in cells)
    drawn = "".join("." if c == "\u00b7" else "x" for c in letters)
    tap.check("the map: %d letters of %d granules" % (len(letters), per), drawn == wanted and
              all(c.isupper() == ("." not in cell and (per > 1 or cell == "h")) for c, cell in zip(letters, cells) if c.isalpha()),
              (drawn, wanted))


def case_keys(tap):
    t = Terminal(TOP + demo(), 100, 30)
    t.wait("ended")
    orders = []
    for _ in range(6):
        orders.append(sorted_by(t.text()))
        t.keys("s")
        time.sleep(0.15)
    tap.check("s: all columns in turn", orders == ["ALLOCS/S", "BYTES/S", "LIVE", "BLOCKS", "TOTAL", "ALLOCS/S"], orders)
    t.keys("S", "S")
    time.sleep(0.2)
    tap.check("S: back", sorted_by(t.text()) == "TOTAL", sorted_by(t.text()))
    t.keys("m")
    tap.check("m: no map", t.wait(r"^failed.*\n *ALLOCS/S"), t.text())
    t.keys("m", "/")
    tap.check("/: asks", t.wait("show lines with: _"), t.text())
    t.type("Summarix")
    t.keys("BSpace", "Enter")
    text = t.wait("LINE with Summari")
    lines = [x for x in text[TITLES.search(text).end():].splitlines()[1:] if x.strip() and not x.startswith("q quit")] if text else []
    tap.check("/: only what holds it", len(lines) == 1 and lines[0].endswith("logger.py:18 summarise"), text)
    t.keys("/")
    t.keys("Escape")
    tap.check("escape: as it was", t.wait(r"LINE with Summari[\s\S]*q quit"), t.text())
    t.keys("/", *["BSpace"] * 7, "Enter")
    tap.check("an empty text: all lines", t.wait("M LINE$"), t.text())
    t.keys("k")
    tap.check("k: kinds", t.wait(r" [A-Z] (instance|dict table|list)$"), t.text())
    t.keys("k", "k", "k")
    tap.check("k: lines again", t.wait("logger.py:18 summarise"), t.text())
    t.keys("h")
    tap.check("h: help", t.wait("heapstrata top: keys"), t.text())
    t.keys("?")
    tap.check("?: and back", t.wait("M LINE"), t.text())
    scrolling(tap, t)
    t.keys("d")
    t.wait("refresh interval in seconds: 1_")
    t.type("x")
    t.keys("Enter")
    tap.check("d: no number, no change", t.wait("q quit"), t.text())
    t.keys("C-c")
    restored(tap, "Ctrl-C", t, 0)
    t.close()


def rows_of(text):
    return [x for x in text[TITLES.search(text).end():].splitlines()[1:] if x.strip()][:-1]


def scrolling(tap, t):
    before = rows_of(t.text())
    t.keys("Down")
    time.sleep(0.2)
    down = rows_of(t.text())
    t.keys("NPage")
    time.sleep(0.2)
    page = rows_of(t.text())
    t.keys("End")
    time.sleep(0.2)
    end = rows_of(t.text())
    t.keys("Home")
    time.sleep(0.2)
    tap.check("arrows, pages, end, home", down[0] == before[1] and page[0] not in before[:3] and len(end) == 1 and rows_of(t.text()) == before,
              (before[:2], down[:2], page[:1], end))


def case_resize(tap):
    t = Terminal(TOP + demo(), 120, 40)
    t.wait("ended")
    for columns, rows in ((60, 20), (200, 50), (20, 5), (1, 1), (80, 24)):
        t.resize(columns, rows)
        time.sleep(0.4)
        text = t.text()
        tap.check("%d columns, %d rows" % (columns, rows), max(map(len, text.splitlines()), default=0) <= columns and
                  (rows < 20 or ("q quit" in text and TITLES.search(text))), text)
    tap.check("the last size is used", "heapstrata top" in t.text().splitlines()[0] and t.text().rstrip().splitlines()[-1].startswith("q quit"))
    t.keys("q")
    restored(tap, "after resizing", t, 0)
    t.close()


def case_program(tap):
    """A firmware run by top: it is followed, its output shown, and it ends with top."""
    t = Terminal(TOP + "--delay 0.25 -- %s -X heapsize=64k %s 40" % (FIRMWARE, STEADY), 110, 30)
    text = t.wait(r"steady.py:10 [^\n]*[\s\S]*prints +round \d+")
    tap.check("followed, with what it prints", "following" in text and "steady.py" in text, t.text())
    first, deadline = text, time.monotonic() + 4
    while t.text() == first and time.monotonic() < deadline:
        time.sleep(0.1)
    rate = re.search(r"^ *([\d,]+) .*steady.py:10 <listcomp>", t.text(), re.M)
    tap.check("rates: about 2,400 a second", rate and 1500 < int(rate.group(1).replace(",", "")) < 3300, t.text())
    t.keys("p")
    text = t.wait("paused")
    events = re.search(r"^events.*", text, re.M).group(0) if text else None
    time.sleep(1)
    tap.check("p: the picture stays", events and events in t.text(), (events, t.text()))
    t.keys("p")
    t.wait("following")
    time.sleep(0.7)
    tap.check("p: and goes on", events not in t.text(), t.text())
    t.keys("q")
    text = restored(tap, "q while it runs", t, 0)
    tap.check("what it printed is there behind the screen", "round 20" in text, text)
    tap.check("it is gone", not running(STEADY + " 40"))
    t.close()


def case_ends(tap):
    """The program's end, its failure, its death: top stays until q, and passes the status on."""
    for name, command, status in (("an exception", "-- %s -X heapsize=68k logger.py" % FIRMWARE, 1), ("a killed firmware", "-- sh -c 'exec %s %s 30'" % (FIRMWARE, STEADY), 137)):
        t = Terminal(TOP + command, 100, 30, cwd=DEMO)
        t.wait("heap +\\[.*[1-9]")
        if status == 137:
            time.sleep(0.5)
            pid = [int(x.split()[0]) for x in subprocess.run(["ps", "-eo", "pid,args"], stdout=subprocess.PIPE).stdout.decode().splitlines()
                   if x.split()[1:2] == [FIRMWARE] and x.endswith(STEADY + " 30")]
            os.kill(pid[0], signal.SIGKILL)
        text = t.wait("  ended")
        tap.check("%s: the end is shown" % name, text and "q quit" in text, t.text())
        t.keys("q")
        restored(tap, name, t, status)
        t.close()


def case_signals(tap):
    """Whatever ends top itself."""
    for number, status in ((signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGSEGV, 139), (signal.SIGABRT, 134)):
        t = Terminal(TOP + demo(), 80, 24)
        t.wait("ended")
        os.kill(t.child(), number)
        restored(tap, number.name, t, status)
        t.close()


def case_wait(tap):
    """Nobody has connected yet: keys work, and so does q."""
    t = Terminal(TOP + "tcp-listen:127.0.0.1:0", 80, 24)
    tap.check("waiting", t.wait("waiting"), t.text())
    t.keys("h")
    tap.check("keys work while it waits", t.wait("keys"), t.text())
    t.keys("q")
    restored(tap, "q while it waits", t, 0)
    t.close()


def case_ring(tap):
    """The ring of a process, which is killed."""
    ring = path("screen.ring")
    firmware = start(STEADY, "30", HEAPSTRATA_RING=ring + ":32K")
    while not os.path.exists(ring):
        time.sleep(0.05)
    t = Terminal(TOP + "--delay 0.3 " + ring, 100, 30)
    tap.check("a ring: followed", t.wait(r"following[\s\S]*steady.py:10 "), t.text())
    firmware.kill()
    firmware.wait()
    text = t.wait("  ended")
    stat = hs_test.cli_json("stat", ring)[1]
    tap.check("a ring: what the dead process left is stat's", "{:,} of {:,} bytes used".format(stat["used_bytes"], stat["total_bytes"])
              in text and "lost {} of {:,}".format(stat["lost"], stat["emitted"]) in text, (text, stat))
    t.keys("q")
    t.close()


def case_terminals(tap):
    colours = Terminal(TOP + demo(), 80, 24, TERM="xterm-256color")
    colours.wait("ended")
    tap.check("colours", re.search(r"\x1b\[[0-9;]*3[1-6]m", colours.text("-e")), colours.text("-e")[:300])
    colours.keys("q")
    colours.close()
    for name, env in (("NO_COLOR", {"NO_COLOR": "1"}), ("a terminal without colours", {"TERM": "vt100"})):
        t = Terminal(TOP + demo(), 80, 24, **env)
        text = t.wait("ended")
        tap.check("%s: none" % name, text and not re.search(r"\x1b\[[0-9;]*3[1-6]m", t.text("-e")), t.text("-e")[:300])
        t.keys("q")
        restored(tap, name, t, 0)
        t.close()
    ascii_only = Terminal(TOP + demo(), 80, 24, LC_ALL="C")
    text = ascii_only.wait("ended")
    tap.check("the C locale: ASCII", text and text.isascii(), text)
    ascii_only.keys("q")
    ascii_only.close()
    for term in ("dumb", "no-such-terminal"):
        t = Terminal(TOP + demo(), 80, 24, TERM=term)
        text = t.wait("status 2")
        tap.check("TERM=%s: 2, and --batch is named" % term, "--batch prints instead" in text.replace("\n", ""), t.text())
        t.close()


def case_hostile(tap):
    """Names and marks cannot steer the terminal."""
    folder = path("hostile")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "a\x1b]0;owned\x07\u4f60.py"), "w", encoding="utf-8") as f:
        f.write("import heapstrata\nheapstrata.mark('\\x1b[2J\\x1b[31mred')\nx = [bytearray(99) for i in range(99)]\nprint('\\x1b[2Jhi')\n")
    t = Terminal(TOP + "-- %s 'a\x1b]0;owned\x07\u4f60.py'" % FIRMWARE, 100, 30, cwd=folder)
    text = t.wait("ended")
    tap.check("control characters are shown as ?", "heap " in text and "?[2J?[31mred" in text and "\u4f60" in text, t.text())
    t.keys("q")
    t.close()
