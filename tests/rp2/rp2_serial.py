# SPDX-License-Identifier: MIT
"""The serial port, which is USB here: `heapstrata record --serial`, --level and --stream on a pseudo terminal whose other end
is the board's; lines, levels and times of what they bring."""
import ast
import os
import re
import signal
import subprocess
import time

import hs_test
import pico

# line: (blocks, bytes of each) of what it allocates beside the list
LINES = """\
import heapstrata
a = []
def grow(n):
    for i in range(n):
        a.append(bytearray(100))
def more(n):
    return [(i, i, i, i, i, i, i) for i in range(n)]
class Thing:
    def __init__(self): self.x = [1, 2, 3]
grow(50)
b = more(40)
c = [Thing() for i in range(30)]
d = ["text %d" % i for i in range(20)]
print("all done")
"""
EXPECTED = {5: 100, 7: 40, 9: 90, 13: 40}  # allocations of a line at least; the lists grow too
TIMES = """\
import heapstrata, time
said = []
for i in range(8):
    time.sleep_us(700 * i * i)
    t = time.ticks_us()
    heapstrata.mark("t%d" % i)
    said.append(t)
print(said)
"""
SAMPLES = """\
import gc
l = [None] * 50
def burn(n):
    for i in range(n):
        l[i % 50] = bytearray(200)
burn(1500)
"""
STREAM = """\
import heapstrata, sys, machine
heapstrata.start()
heapstrata.stream(sys.stdout.buffer, 6)
l = [None] * 60
def work(n):
    for i in range(n):
        l[i % 60] = (bytearray(i % 50), [i], {i: i})[i % 3]
        if i % 50 == 0:
            heapstrata.poll()
work(2500)
heapstrata.stop()
heapstrata.stream(None)
s = heapstrata.stats()
machine.mem32[0x4005800c] = 77
"""


def path(name):
    return os.path.join(hs_test.scratch(), name)


def write(name, text):
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    return path(name)


def record(board, name, *options):
    """Runs a script of ours by `record --serial`. Returns (the CLI's end, the trace)."""
    trace = path(name + ".hst")
    with board.pty() as port:
        done = hs_test.cli("record", "--serial", port, "-o", trace, *options, path(name), timeout=pico.PATIENCE)
    return done, trace


def case_lines(tap, board):
    write("lines.py", LINES)
    done, trace = record(board, "lines.py")
    tap.check("record --serial: the script's output comes through", done.status == 0 and b"all done" in done.out,
              (done.status, done.out[-300:], done.err))
    status, report, err = hs_test.cli_json("report", trace, "--limit", "0")
    allocs = {}
    for row in report["rows"] if report else []:
        found = re.search(r"(?:^|/)lines\.py:(\d+) ", row["line"])
        if found:
            allocs[int(found.group(1))] = allocs.get(int(found.group(1)), 0) + row["allocs"]
    for line, least in EXPECTED.items():
        seen = allocs.get(line, 0)
        tap.check("record --serial: line %d made %d allocations" % (line, least), least <= seen <= least + 8, (seen, allocs, err))
    stat = hs_test.cli_json("stat", trace)
    tap.check("record --serial: nothing lost", stat[0] == 0 and stat[1]["lost"] == 0, stat)


def case_exception(tap, board):
    write("raises.py", "def f(): return 1 // 0\nf()\n")
    done, _ = record(board, "raises.py")
    tap.check("record --serial: a script that raises ends with 1, and its traceback is shown",
              done.status == 1 and b"ZeroDivisionError" in done.out + done.err, (done.status, done.out, done.err))


def case_times(tap, board):
    """Marks carry the time of the microsecond timer, which ticks_us reads too."""
    write("times.py", TIMES)
    done, trace = record(board, "times.py")
    said = ast.literal_eval(re.findall(rb"\[[\d, ]+\]", done.out)[-1].decode())
    text = hs_test.cli("dump", trace).out.decode()
    marks = [float(t) * 1e6 for t in re.findall(r"^ *\d+ +(\d+\.\d+) +MARK .*\"t\d\"", text, re.M)]
    off = [(m - marks[0]) - (s - said[0]) for m, s in zip(marks, said)]
    tap.check("times: 8 marks are at most 200 us from ticks_us over %d us" % (said[-1] - said[0]),
              len(marks) == 8 and max(map(abs, off)) <= 200, (off, marks, said))


def case_levels(tap, board):
    write("samples.py", SAMPLES)
    done, trace = record(board, "samples.py", "--level", "sampled:512")
    stat = hs_test.cli_json("stat", trace)[1]
    tap.check("--level sampled: seconds at that level", done.status == 0 and stat["level_seconds"]["sampled"] > 0, (done.err, stat))
    report = hs_test.cli_json("report", trace)[1]
    rows = [r for r in report["rows"] if ":5 burn" in r["line"]]
    truth = 1500 * 200
    tap.check("--level sampled: %s bytes of line 5, in truth %d" % (rows and round(rows[0]["bytes"]), truth),
              rows and abs(rows[0]["bytes"] - truth) < truth * 0.25, report["rows"][:3])
    done, trace = record(board, "samples.py", "--level", "summary")
    stat = hs_test.cli_json("stat", trace)[1]
    tap.check("--level summary: seconds at that level", done.status == 0 and stat["level_seconds"]["summary"] > 0, (done.err, stat))


def case_five_minutes(tap, board):
    """What docs/boards.md asks people with a board to run, with the reset in between."""
    tool = os.path.join(hs_test.ROOT, "tests", "boards", "five-minutes")
    with board.pty() as port:
        done = hs_test.run([tool, port], timeout=pico.PATIENCE, merge=True)
    tap.check("five-minutes: all that it looks at is right", done.status == 0 and done.out.count(b"\nok ") >= 5 and b"SKIP" not in done.out,
              done.out.decode(errors="replace"))
    board.reset()
    with board.pty() as port:
        done = hs_test.run([tool, "--after-reset", port], timeout=pico.PATIENCE, merge=True)
    tap.check("five-minutes --after-reset: both boots are in the ring", done.status == 0, done.out.decode(errors="replace"))


def lapped(board, lap):
    deadline = time.monotonic() + pico.PATIENCE
    while not any(n["lap"] == lap for n in board.report()["laps"]):
        if time.monotonic() > deadline:
            raise pico.BoardError("the script did not come to its end")
        time.sleep(0.1)


def case_stream(tap, board):
    """Packets leave by USB while the program runs, between bytes of the REPL: all that was recorded arrives."""
    trace = path("stream.hst")
    board.clear()
    with board.pty() as port:
        tool = subprocess.Popen([hs_test.NATIVE, "record", "--stream", port, "-o", trace], stderr=subprocess.PIPE)
        time.sleep(0.5)
        board.write(b"\x01" + STREAM.encode() + b"\x04")
        lapped(board, 77)
        time.sleep(1)
        tool.send_signal(signal.SIGINT)
        err = tool.communicate(timeout=pico.PATIENCE)[1]
    counted = ast.literal_eval(board.run("print(s)\n")[0].decode())
    stat = hs_test.cli_json("stat", trace)
    tap.check("record --stream ends well", tool.returncode == 0, err[-300:])
    tap.check("stream: %d records on the board are decoded or known to be lost" % counted["records"],
              stat[1] and stat[1]["emitted"] == counted["records"] > 5000 and stat[1]["lost"] == 0, (counted, stat, err[-300:]))


def run(tap):
    with pico.Pico() as board:
        for case in (case_lines, case_exception, case_times, case_stream, case_levels):
            case(tap, board)
    with pico.Pico() as board:  # as it comes out of the box
        case_five_minutes(tap, board)
