#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MicroPython's own run-tests.py has the same result with hooks compiled in and tracing on as without hooks.

For each firmware the whole suite runs twice, beside each other: on the plain firmware, and on the hooked one
while it records. Every test must have the same verdict: passed, skipped or failed.

    harmless.py [--firmware NAME]
"""
import argparse
import concurrent.futures
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test

UNIX_SUITES = ("basics", "micropython", "misc", "extmod", "float", "import", "io", "stress", "unicode", "cmdline",
               "thread", "ports/unix")
SUITES = {"unix64": UNIX_SUITES, "unix32": UNIX_SUITES,
          "qemu-arm": ("basics", "micropython", "misc", "extmod", "float", "stress", "unicode", "inlineasm/thumb")}
VERDICT = re.compile(r"^(pass|skip|FAIL) +(\S+\.\S+)", re.M)
if hs_test.emulated("unix32") and not os.environ.get("HS_SOAK"):
    SUITES["unix32"] = ("basics", "micropython")
LEAST = {"unix64": 900, "unix32": 900 if SUITES["unix32"] == UNIX_SUITES else 500, "qemu-arm": 600}  # tests that must pass, else the suite did not run
AT_ONCE = 3
RETRIES = 3  # of a test whose verdicts differ: some of the thread and time tests depend on luck
QEMU_RUN = ("qemu-system-arm -machine mps2-an385 -nographic -monitor null -semihosting -serial pty -kernel %s")


class Side:
    """The plain firmware or the hooked one, with a copy of the tests of its own."""

    def __init__(self, firmware, plain):
        self.firmware, self.plain = firmware, plain
        self.folder = os.path.join(hs_test.scratch(), "%s-%s" % (firmware, "plain" if plain else "hooked"))
        self.tests = hs_test.mp_tests_copy(self.folder)

    def run(self, more):
        """Verdicts by test."""
        binary = os.path.abspath(hs_test.firmware(self.firmware, self.plain))
        env = {"MICROPY_CPYTHON3": sys.executable}
        command = [sys.executable, "run-tests.py", "-j", "1", "-r", os.path.join(self.folder, "results")]
        if self.firmware == hs_test.QEMU:
            command += ["-t", "execpty:" + QEMU_RUN % binary]
        else:
            env["MICROPY_MICROPYTHON"] = binary
            if not self.plain:
                env["HEAPSTRATA_OUT"] = os.path.join(self.folder, "trace.hst")
        for _ in range(2):
            done = hs_test.run(command + more, env=env, cwd=self.tests, timeout=1200, merge=True)
            text = done.out.decode(errors="replace")
            with open(os.path.join(self.folder, "log"), "a") as log:
                log.write("%s\n[status %s of %s]\n" % (text, done.status, more))
            self.last = text.strip().splitlines()[-1:]
            if "tests performed" in text:  # else run-tests.py itself was killed
                break
        return {name: verdict for verdict, name in VERDICT.findall(text)}


def tests_with(pattern, firmware):
    """Tests whose text has `pattern` in it."""
    found = []
    for suite in SUITES[firmware]:
        for path in sorted(glob.glob(os.path.join(hs_test.MP_TESTS, suite, "*.py"))):
            with open(path, errors="replace") as f:
                if re.search(pattern, f.read(), re.M):
                    found.append(os.path.relpath(path, hs_test.MP_TESTS))
    return found


def only(names):
    return "^(%s)$" % "|".join(map(re.escape, names))


class Pair:
    """A firmware without hooks and with them."""

    def __init__(self, firmware):
        self.firmware = firmware
        self.sides = Side(firmware, True), Side(firmware, False)
        # MicroPython's source package has no such module, and run-tests.py stops at the first of these.
        self.missing = tests_with("^import unittest", firmware)
        # Two at once would ask for the same port.
        self.alone = [] if firmware == hs_test.QEMU else \
            [t for t in tests_with("socket", firmware) if t not in self.missing]

    def options(self):
        return ["-e", only(self.missing + self.alone), "-d", *SUITES[self.firmware]]

    def run_alone(self, verdicts):
        for side, verdict in zip(self.sides, verdicts):
            if self.alone:
                verdict.update(side.run(self.alone))


def run_all(pairs):
    """Verdicts of both sides, for each pair: much of the time is waiting, so AT_ONCE run beside each other."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = [[pool.submit(side.run, pair.options()) for side in pair.sides] for pair in pairs]
        verdicts = [[f.result() for f in both] for both in futures]
    for pair, both in zip(pairs, verdicts):
        pair.run_alone(both)
    return verdicts


def settle(sides, names, tap):
    """The names that differ each time."""
    for attempt in range(RETRIES):
        if not names:
            break
        plain, hooked = (side.run(sorted(names)) for side in sides)
        tap.note("%s: once more, as the verdicts differed: %s"
                 % (sides[0].firmware, " ".join("%s %s/%s" % (n, plain.get(n), hooked.get(n)) for n in sorted(names))))
        names = {n for n in names if plain.get(n) != hooked.get(n) or n not in plain}
    return names


def count(verdicts, verdict, names):
    return sum(verdicts.get(n) == verdict for n in names)


def compare(pair, plain, hooked, tap):
    firmware, sides = pair.firmware, pair.sides
    tap.note("%s: left out, for want of the module unittest: %s" % (firmware, " ".join(pair.missing)))
    differing = {n for n in set(plain) | set(hooked) if plain.get(n) != hooked.get(n)}
    real = settle(sides, differing, tap)
    for folder in sorted({n.rsplit("/", 1)[0] for n in plain}):
        names = [n for n in sorted(set(plain) | set(hooked)) if n.rsplit("/", 1)[0] == folder]
        wrong = [n for n in names if n in real]
        tap.check("%s %s: %d passed, %d skipped, %d failed, with hooks and without"
                  % (firmware, folder, count(plain, "pass", names), count(plain, "skip", names),
                     count(plain, "FAIL", names)),
                  not wrong, "\n".join("%s: plain %s, hooked %s" % (n, plain.get(n), hooked.get(n)) for n in wrong))
    passed = count(hooked, "pass", hooked)
    tap.check("%s: %d tests passed with hooks" % (firmware, passed), passed >= LEAST[firmware],
              "expected %d or more; the last lines: %s %s" % (LEAST[firmware], sides[0].last, sides[1].last))
    if firmware != hs_test.QEMU:
        trace = os.path.join(sides[1].folder, "trace.hst")
        tap.check("%s: it did record" % firmware, os.path.exists(trace) and os.path.getsize(trace) > 1000, trace)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--firmware", action="append", choices=SUITES)
    options = parser.parse_args()
    tap = hs_test.Tap()
    pairs = [Pair(firmware) for firmware in options.firmware or SUITES]
    for pair, (plain, hooked) in zip(pairs, run_all(pairs)):
        compare(pair, plain, hooked, tap)
    tap.finish()


if __name__ == "__main__":
    main()
