# SPDX-License-Identifier: MIT
"""Output that a tool saved is understood as it is: what mpremote, WebREPL, Thonny and editors put around each line."""
import stock_unix
from samples import marks, write


def run(tap):
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
