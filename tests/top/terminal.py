# SPDX-License-Identifier: MIT
"""A terminal to run programs in: tmux, without its user's settings."""
import os
import re
import subprocess
import time

import hs_test


class Terminal:
    """One window of so many columns and rows, in which `command`, a line for the shell, runs."""

    made = 0

    def __init__(self, command, columns=100, rows=30, cwd=None, **env):
        Terminal.made += 1
        self.socket = os.path.join(hs_test.scratch(), "tmux-%d" % Terminal.made)
        lines = ["#!/bin/sh", "trap : INT"] + ["export %s='%s'" % pair for pair in {"LC_ALL": "C.UTF-8", **env}.items()]
        lines += ["unset " + k for k in ("NO_COLOR", "HEAPSTRATA_OUT", "HEAPSTRATA_RING") if k not in env]
        script = self.socket + ".sh"
        with open(script, "w", encoding="utf-8") as f:
            f.write("\n".join(lines + ["stty -a >%s.before" % self.socket, command, "status=$?", "stty -a >%s.after" % self.socket,
                                       'echo "status $status."', "cat"]))
        base = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR") and not k.startswith("HEAPSTRATA_")}
        subprocess.run(["tmux", "-S", self.socket, "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
                        "sh " + script], env={**base, "LC_ALL": "C.UTF-8"}, cwd=cwd, check=True)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-S", self.socket, *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()

    def text(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def wait(self, pattern, seconds=30):
        """The screen once it shows a pattern; "" when it does not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.text()
            if re.search(pattern, text, re.M):
                return text
            time.sleep(0.05)
        return ""

    def child(self):
        """Process number of what the shell runs."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], stdout=subprocess.PIPE).stdout.split()
        return int(out[0]) if out else 0

    def flags(self):
        """(whether the other screen is on, whether the cursor is shown)"""
        return tuple(self.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}").split())

    def settings_kept(self):
        before, after = (re.sub(r"rows \d+; columns \d+", "", open(self.socket + s, encoding="utf-8").read()) for s in (".before", ".after"))
        return before == after, (before, after)

    def close(self):
        self.tmux("kill-server")
