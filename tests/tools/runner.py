#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs test programs and adds up what they print.

A test program prints lines `ok ...` and `not ok ...` (TAP; `# SKIP` marks a skipped one). A program that
prints no such line, ends with a status other than 0 without a `not ok`, runs into the time limit, or
announces a plan (`1..N`) and prints another number of lines, counts as one failure more: a suite that
died cannot look like a suite that passed. Each program gets a fresh folder in HS_TMP.

With --minutes, programs that have not begun by then are left out, and named: on a slow machine the whole may take too long.

The last line is always `N passed, N failed`; the exit status is 1 when something failed.
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import time

LINE = re.compile(r"^(not ok|ok)\b(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")


class Result:
    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0
        self.planned = None
        self.seconds = 0.0
        self.problems = []

    def take(self, line):
        """One line of output; True when it reports a failure."""
        plan = PLAN.match(line)
        if plan:
            self.planned = (self.planned or 0) + int(plan.group(1))
        match = LINE.match(line)
        if not match:
            return False
        if re.search(r"#\s*skip", match.group(2), re.I):
            self.skipped += 1
        elif match.group(1) == "ok":
            self.passed += 1
        else:
            self.failed += 1
            return True
        return False

    def problem(self, text):
        self.failed += 1
        self.problems.append("not ok - %s: %s" % (self.name, text))

    def finish(self, status, timed_out, limit):
        seen = self.passed + self.failed + self.skipped
        if timed_out:
            self.problem("stopped after %d s" % limit)
        elif status < 0:
            self.problem("killed by signal %s" % signal.Signals(-status).name)
        elif status and not self.failed:
            self.problem("exit status %d" % status)
        elif seen == 0:
            self.problem("reported nothing")
        elif self.planned is not None and self.planned != seen:
            self.problem("planned %d, reported %d" % (self.planned, seen))


def name_of(program):
    path = os.path.relpath(program)
    return path.split("tests/", 1)[-1].removesuffix("/run")


def run(program, options):
    result = Result(name_of(program))
    if options.minutes and time.monotonic() - options.begun > 60 * options.minutes:
        result.skipped = 1
        return result, "# SKIP left out after %d minutes: make suite T=%s runs it" % (options.minutes, result.name.split("/")[0])
    scratch = os.path.abspath(os.path.join(options.scratch, result.name))
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(scratch)
    env = dict(os.environ, HS_TMP=scratch, CMOCKA_MESSAGE_OUTPUT="TAP")
    started = time.monotonic()
    # A session of its own, so that the time limit takes its children too.
    with open(os.path.join(scratch, "log"), "w+", errors="replace") as log:
        child = subprocess.Popen([os.path.abspath(program)], stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=subprocess.STDOUT, env=env, start_new_session=True)
        timed_out = False
        try:
            child.wait(options.timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:
            if timed_out or child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
        log.seek(0)
        text = log.read()
    for line in text.splitlines():
        result.take(line)
    result.finish(child.returncode, timed_out, options.timeout)
    result.seconds = time.monotonic() - started
    return result, text


def show(result, text, options):
    lines = text.splitlines()
    if not options.verbose:
        # Failures, what they say about themselves, and what was skipped; all of it when the suite died.
        lines = [x for x in lines if x.startswith(("not ok", "#")) or "# SKIP" in x] if not result.problems \
            else lines[-60:]
    skipped = ", %d skipped" % result.skipped if result.skipped else ""
    print("%-32s %6d passed, %d failed%s  (%.1f s)"
          % (result.name, result.passed, result.failed, skipped, result.seconds))
    for line in lines + result.problems:
        print("    " + line)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-v", "--verbose", action="store_true", help="show all output")
    parser.add_argument("-j", "--jobs", type=int, default=1, help="programs at a time")
    parser.add_argument("-t", "--only", action="append", default=[], help="only names with this in them")
    parser.add_argument("--timeout", type=int, default=int(os.environ.get("TEST_TIMEOUT", "3600")))
    parser.add_argument("--minutes", type=int, default=0, help="begin none after so many (0: no limit)")
    parser.add_argument("--scratch", default="build/tests/scratch")
    parser.add_argument("programs", nargs="*")
    options = parser.parse_args()
    programs = [p for p in options.programs
                if not options.only or any(word in name_of(p) for word in options.only)]
    options.begun = time.monotonic()
    results = []
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for result, text in pool.map(lambda p: run(p, options), programs):
            results.append(result)
            show(result, text, options)
    failed = sum(r.failed for r in results)
    skipped = sum(r.skipped for r in results)
    if not results:
        print("no test program matches", options.only)
    if skipped:
        print("%d skipped" % skipped)
    print("%d passed, %d failed" % (sum(r.passed for r in results), failed))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
