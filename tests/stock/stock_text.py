# SPDX-License-Identifier: MIT
"""Output that a tool saved is understood as it is: what mpremote, WebREPL, Thonny and editors put around each line."""
import os

import hs_test
import stock_unix
from samples import marks, write


def sample(line, used):
    return "\nHS:S %s\nGC: total: 16000, used: %d, free: %d\nHS:E\n" % (line, used, 16000 - used)


def case_helper(tap):
    """Figures without maps: the helper is what the second sample has more than the first, also when the timer was faster."""
    text = sample("0 bare", 1600) + sample("90 time", 3200) + sample("100 start", 3200) + sample("200 mark here", 4800)
    text += sample("300 raised", 4800) + sample("400 collected", 3360)
    found = marks(write("figures.log", text + text))
    wanted = [("start", 1600, 0.01), ("here", 3200, 0.11), ("raised", 3200, 0.21), ("after a collection", 1760, 0.31)]
    tap.check("a run is from bare to bare, without the helper, by the board's clock", [(m["mark"], m["used_bytes"], round(m["seconds"], 3), m["boot"])
              for m in found] == [(w[0], w[1], round(w[2] + 1.31 * (boot - 1), 3), boot) for boot in (1, 2) for w in wanted], found)


def case_interval(tap):
    """A line says how far samples by a timer are apart at least; without it that is not known."""
    run = sample("100 start", 3200) + sample("200 mark here", 4800)
    for line, every, words in (("", None, "printed it;"), ("HS:I 0\n", 0, "at marks, and not at intervals;"),
                               ("HS:I 2500\n", 2500, "every 2500 ms at most and at marks;"), ("HS:I 99999999999\n", None, "printed it;")):
        log = write("interval.log", line + run)
        said, value = hs_test.cli("report", log).out.decode(), hs_test.cli_json("report", log)[1]
        tap.check("the interval: %r" % line, words in said and value.get("every_ms") == every, (said[:300], value.get("every_ms")))


def case_long(tap):
    """The samples of a run of hours have more than 64 MB of text."""
    between = ("printed by the script " * 200 + "\n") * (70 * 1024 * 1024 // 4401)
    found = marks(write("long.log", sample("0 bare", 1600) + sample("100 start", 3200) + between + sample("200 mark here", 4800)))
    tap.check("70 MB of text are read", [m["mark"] for m in found] == ["start", "here"], found)


SAVED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "saved")
# What these programs really showed: Thonny 4.0.1's back end, driven as its window does, on an emulated Pico; WebREPL's client
# connected to MicroPython 1.25's unix port with webrepl.py.
TOOLS = {
    "thonny-4.0.1.log": ("<stdin>:9 load", [10192, 14784, 19472, 24160, 23056]),
    "webrepl-cli.log": ("main_app.py:9 load", [20832, 26176, 31712, 37248, 34816]),
}


def case_tools(tap):
    for name, (place, used) in TOOLS.items():
        log = os.path.join(SAVED, name)
        found = [(m["mark"], m["used_bytes"]) for m in marks(log)]
        wanted = list(zip(["start", "round 0", "round 1", "round 2", "MemoryError: allocating 1000000000 bytes"], used))
        tap.check("%s, as it was saved: marks" % name, found == wanted, found)
        done = hs_test.cli("doctor", log)
        tap.check("%s: doctor names the line" % name, done.status == 1 and place in " ".join(done.out.decode().split()), done.out)
        points = hs_test.cli_json("timeline", log)[1]["points"]
        tap.check("%s: timeline" % name, len(points) >= 5, points)


def run(tap):
    case_helper(tap)
    case_interval(tap)
    case_tools(tap)
    case_long(tap)
    text = stock_unix.run_on("unix32", plain=True).out.decode()
    plain = [(m["mark"], m["used_bytes"]) for m in marks(write("plain.log", text))]
    lines = text.splitlines()
    saved = {
        "mpremote run": "\r\n".join(lines) + "\r\n",
        "mpremote repl": "Connected to MicroPython at /dev/ttyACM0\r\nUse Ctrl-] or Ctrl-x to exit this shell\r\n>>> \r\nMPY: soft reboot\r\n"
                         + "\r\n".join(lines) + "\r\n>>> ",
        "WebREPL": "Welcome to MicroPython!\r\nPassword: \r\nWebREPL connected\r\n>>> import main\r\n" + "\r\n".join(lines) + "\r\n>>> \r\n",
        "Thonny's shell": "\n\nMPY: soft reboot\nMicroPython v1.25.0 on 2025-04-15; Raspberry Pi Pico with RP2040\n\nType \"help()\" for more "
                          "information.\n\n>>> %Run -c $EDITOR_CONTENT\n" + "\n".join(lines) + "\n\n>>> ",
        "an editor's log": "".join("12:34:56.%03d -> %s\n" % (i % 1000, line) for i, line in enumerate(lines)),
        "a log with colours": "".join("\x1b[32m%s\x1b[0m\n" % line if line.startswith("kept") else line + "\n" for line in lines),
    }
    for tool, log in saved.items():
        found = [(m["mark"], m["used_bytes"]) for m in marks(write("saved.log", log))]
        same = [(a[0].split("-> ")[-1], a[1]) for a in found] == plain
        tap.check("saved by %s: the same trace" % tool, same and len(plain) >= 5, (found, plain))
