# SPDX-License-Identifier: MIT
"""The Nth allocation fails, for every N, in every command: an error in words and status 2, or the same result as without;
never a crash, never a hang, never a file that looks whole and is not.

A failure that a library or the C library makes good for by itself changes nothing: then all must be as without it. With
HS_SOAK=1 every N is tried, alone and with all that follow; else a seeded share. Words on the command line choose commands."""
import concurrent.futures
import os
import random
import shutil
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import hs_commands  # noqa: E402
import hs_test  # noqa: E402

SOAK = os.environ.get("HS_SOAK") == "1"
SHARE = 12  # of each command, in each way, when not soaking
PRELOAD = os.path.join(hs_test.BUILD, "tests", "failures", "preload_malloc.so")
SECONDS = 60
# Wall-clock figures are in what it prints.
VARYING = ("top", "top json")
tap = hs_test.Tap()


class Command:
    """One command, its result without failures, and how many allocations it makes."""

    def __init__(self, name, args, trace):
        self.name, self.args, self.trace = name, args, trace
        self.folder = os.path.join(hs_test.scratch(), name.replace(" ", "-"))
        self.expected = self.run({"HS_FAIL_COUNT": self.folder + ".count"}, "whole")
        with open(self.folder + ".count", encoding="ascii") as f:
            self.calls = int(f.read())

    def run(self, env, number):
        """(status, output, complaints, what was written: name to content)."""
        folder = "%s-%s" % (self.folder, number)
        os.makedirs(folder)
        out = os.path.join(folder, "out")
        command = [hs_test.CLI] + hs_commands.fill(self.args, trace=self.trace, other=self.trace, out=out)
        done = hs_test.run(command, env=dict(env, LD_PRELOAD=PRELOAD, TMPDIR=folder), timeout=SECONDS)
        written = {}
        for root, _, files in os.walk(folder):
            for name in files:
                with open(os.path.join(root, name), "rb") as f:
                    written[os.path.relpath(os.path.join(root, name), folder)] = f.read()
        shutil.rmtree(folder)
        return done.status, done.out, done.err, written

    def wrong(self, number, rest):
        """What is wrong when that allocation fails; None: nothing."""
        status, out, err, written = self.run({"HS_FAIL_AT": str(number), "HS_FAIL_REST": str(int(rest))}, "%d-%d" % (number, rest))
        if status is None:
            return "hangs"
        if b": out of memory" in err and b"(ulimit -v)" not in err:
            return "does not say what to do: %r" % err
        if status < 0:
            return "ends by %s" % signal.Signals(-status).name
        if status == 2 and self.expected[0] != 2:
            return None if err and not written else "leaves %s" % sorted(written) if written else "says nothing"
        if status != self.expected[0]:
            return "status %d instead of %d: %s" % (status, self.expected[0], err[-200:])
        if self.name not in VARYING and self.name != "export ctf" and (out != self.expected[1] or written != self.expected[3]):
            return "another result, and no word of it"
        return None


def numbers(command):
    if SOAK:
        return range(1, command.calls + 1)
    return sorted(random.Random(command.name).sample(range(1, command.calls + 1), min(SHARE, command.calls)))


def case(command):
    tries = [(n, rest) for n in numbers(command) for rest in (False, True)]
    found = [("at %d%s of %d: %s" % (n, " and after" if rest else "", command.calls, wrong))
             for n, rest in tries for wrong in [command.wrong(n, rest)] if wrong]
    return len(tries), found


def main():
    if hs_test.PROGRAM in ("wasm", "static", "windows"):
        tap.skip("allocations that fail", "no library can be put in front of this program's C library")
        tap.finish()
    stream, trace = os.path.join(hs_test.scratch(), "small.stream"), os.path.join(hs_test.scratch(), "small.hst")
    script = os.path.join(HERE, "..", "files", "small.py")
    hs_test.run_firmware("unix64", ["-X", "heapsize=40k", script], trace=stream, env={"HEAPSTRATA_STACKS": "1"})
    hs_test.cli("import", stream, "-o", trace)
    words = sys.argv[1:]
    chosen = [c for c in hs_commands.READERS if not words or any(w in c[0] for w in words)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        commands = list(pool.map(lambda c: Command(c[0], c[1], trace), chosen))
        for command, (tries, found) in zip(commands, pool.map(case, commands)):
            tap.check("%s: %d allocations failed in turn" % (command.name, tries), not found, "\n".join(found[:20]))
    tap.finish()


main()
