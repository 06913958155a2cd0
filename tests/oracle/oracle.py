#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rebuilt heap against MicroPython's own mem_info(1), granule by granule.

Every script of MicroPython's test suite runs on every firmware with tracing from boot; then the mark
"oracle" is set and mem_info(1) printed, with no allocation in between. `heapstrata map --at mark:oracle`
must show the same heads, tails and free granules, and the same figures.

The variants other than the default take each script on one of the two word sizes: the first variant the even ones
on unix64 and the odd ones on unix32, the next the other way round. `make soak` takes all of them on both.

    oracle.py [--firmware NAME] [--suite NAME] [--variant NAME] [SCRIPT...]

Prints how many of how many agree; the exit status is 1 when one does not, and its trace is kept.
"""
import argparse
import concurrent.futures
import glob
import os
import queue
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "tools")]
import hs_test
import meminfo
import qemu_mp

SUITES = ("basics", "micropython", "extmod", "stress", "float")
GRANULE = {"unix64": 32, "unix32": 16, "qemu-arm": 16}
FEW = ("basics", "micropython", "stress")


class Variant:
    """Options of the unix firmware, gc.threshold, size of the overwrite ring, suites, scripts left out."""

    def __init__(self, options=(), threshold=None, ring=None, suites=SUITES, without=()):
        self.options, self.threshold, self.ring = list(options), threshold, ring
        self.suites, self.without = suites, OTHERS + without


THREADED = ("select_poll_eintr.py",)  # scripts of other suites that start a thread
OTHERS = ("thread/mutate_",)  # races on a firmware without GIL: run-tests.py leaves them out as well
# Small heaps and a threshold make collections frequent, so that sweeps, reused gaps and failed allocations
# are what is compared; a small ring overwrites its beginning, so that the heap is rebuilt from a keyframe.
VARIANTS = {
    "default": Variant(suites=SUITES + ("thread",)),
    "heap=32k": Variant(["-X", "heapsize=32k"]),
    "heap=64k": Variant(["-X", "heapsize=64k"], suites=FEW),
    "threshold=1000": Variant(threshold=1000, suites=SUITES + ("thread",), without=("thread/stress_aes",)),
    "ring=16k": Variant(ring="16k", suites=FEW),
    "ring=64k threshold=1000": Variant(ring="64k", threshold=1000),
}
BATCH = 12     # scripts on a board before its ring is dumped: it must not have come round
RETRIES = 2    # of a script with threads that crashed, see run_one
TIMEOUT = 60   # of one script, in seconds
# A thread that has used up its stack crashes MicroPython, hooks or not, when the dynamic linker then looks up
# a function for the first time: it wants more than the margin that is left.
BIND_NOW = {"LD_BIND_NOW": "1"}


class Job:
    """One script on one firmware in one variant, and how it went."""

    def __init__(self, firmware, variant, path):
        self.firmware, self.variant = firmware, variant
        self.suite, self.script = os.path.split(path)
        self.path = path
        self.problem = ""    # what differs
        self.unfit = ""      # why there is nothing to compare
        self.ending = ""     # "" at its end, "exception", "skip"
        self.granules = 0

    @property
    def name(self):
        variant = "" if self.variant == "default" else " " + self.variant
        return "%s%s %s" % (self.firmware, variant, self.path)

    def compare(self, real_text, map_done, folder, trace):
        real = meminfo.parse(real_text)
        self.granules = sum(map(len, real.areas))
        if map_done.status != 0:
            error = map_done.err.decode(errors="replace").strip()
            self.problem = "heapstrata map ended with %s: %s" % (map_done.status, error)
            if VARIANTS[self.variant].ring and "not known" in error:
                self.problem, self.unfit = "", "no room for a keyframe in the ring"
        else:
            self.problem = check_figures(real, GRANULE[self.firmware]) or \
                meminfo.difference(real, meminfo.parse(map_done.out))
        if self.problem:
            self.keep(folder, real_text, map_done, trace)

    def keep(self, folder, real_text, map_done, trace):
        """Puts the evidence where the next script does not overwrite it."""
        stem = os.path.join(hs_test.scratch(), "failed", "%s-%s-%s" % (self.firmware, self.variant.replace(" ", "-"),
                                                                     self.path.replace("/", "-")))
        os.makedirs(os.path.dirname(stem), exist_ok=True)
        shutil.copy(os.path.join(folder, trace), stem + ".hst")
        with open(stem + ".out", "wb") as f:
            f.write(real_text)
        with open(stem + ".map", "wb") as f:
            f.write(map_done.out)
        self.problem += "\nkept: %s.{hst,out,map}" % os.path.relpath(stem)


def check_figures(real, granule):
    """The firmware's figures and map must agree with each other, else this oracle misreads one of them."""
    counted = meminfo.figures_of(real.areas, granule)
    wrong = [k for k in meminfo.FIGURES if counted[k] != real.figures.get(k)]
    return "mem_info's own figures are not those of its map: " + ", ".join(wrong) if real.areas and wrong else ""


# ---- unix ----

class UnixWorker:
    """Scripts one after the other, each in a process of its own, in a copy of the tests of its own."""

    def __init__(self, number):
        self.folder = os.path.join(hs_test.scratch(), "worker%d" % number)
        self.tests = hs_test.mp_tests_copy(self.folder)

    def run(self, jobs):
        for job in jobs:
            self.run_one(job)

    def run_one(self, job):
        """Without GIL MicroPython marks while other threads run on, so that now and then a block that is in
        use is collected: a script with threads that crashes, or frees such a block, is run again."""
        tries = 1 + (RETRIES if job.suite == "thread" else 0)
        while tries and not self.run_once(job):
            tries -= 1

    def run_once(self, job):
        """False when the firmware did not come to the end."""
        variant = VARIANTS[job.variant]
        trace = os.path.join(self.folder, "trace.hst")
        if os.path.exists(trace):
            os.unlink(trace)
        into = {"ring": "%s:%s" % (trace, variant.ring)} if variant.ring else {"trace": trace}
        script = os.path.join(self.tests, job.path)
        args = variant.options + [os.path.join(HERE, "driver.py"), script]
        args += [str(variant.threshold)] if variant.threshold else []
        done = hs_test.run_firmware(job.firmware, args, **into, cwd=os.path.dirname(script), timeout=TIMEOUT,
                                    env={"MICROPYPATH": hs_test.mp_path(self.tests), **BIND_NOW})
        if done.status is None or done.status < 0:
            job.problem = "the firmware was stopped or crashed (%s): %s" % (done.status, done.err[-300:])
            return False
        job.problem = ""
        if b"\n# not alone\n" in done.out:
            job.unfit = "its threads go on"
            return True
        if b"\n# ended by " in b"\n" + done.out:
            job.ending = "skip" if b"SKIP" in done.out else "exception"
        job.compare(done.out, hs_test.cli("map", trace, "--at", "mark:oracle", "--style", "meminfo"),
                    self.folder, "trace.hst")
        return not (job.suite == "thread" and "freed or resized that is not there" in job.problem)


# ---- QEMU ----

# The script may replace __import__ and anything else, so the functions are fetched before it runs.
BEFORE = "import heapstrata, micropython\n_hs_mark = heapstrata.mark; _hs_info = micropython.mem_info\n"
STEP = '_hs_mark("oracle-%d"); _hs_info(1)\n'


class QemuWorker:
    """A batch of scripts on one board, with a soft reset before each; then the ring is read by the probe."""

    def __init__(self, number):
        self.folder = os.path.join(hs_test.scratch(), "worker%d" % number)
        os.makedirs(self.folder, exist_ok=True)

    def run(self, jobs):
        while jobs:
            jobs = self.run_batch(jobs)

    def run_batch(self, jobs):
        """Returns the scripts that are left, when one of them took the board down."""
        done, left = [], []
        with qemu_mp.QemuMp(hs_test.firmware("qemu-arm")) as board:
            for n, job in enumerate(jobs):
                try:
                    done.append((n, job, self.run_script(board, n, job)))
                except (qemu_mp.BoardError, OSError) as error:
                    job.unfit = "board: %s" % str(error)[:120]
                    left = jobs[n + 1:]
                    break
            ring = os.path.join(self.folder, "ring.bin")
            board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, ring)
        for n, job, text in done:
            job.compare(text, hs_test.cli("map", ring, "--at", "mark:oracle-%d" % n, "--style", "meminfo"),
                        self.folder, "ring.bin")
        return left

    @staticmethod
    def run_script(board, n, job):
        with open(os.path.join(hs_test.MP_TESTS, job.path), "rb") as f:
            source = f.read()
        board.soft_reset()
        board.run(BEFORE)
        output, error = board.run(source, timeout=TIMEOUT)
        if output.endswith(b"SKIP\n"):
            job.ending = "skip"
        elif error:
            job.ending = "exception"
        if job.ending:  # a SystemExit makes a soft reset
            board.run(BEFORE)
        return board.run(STEP % n)[0]


# ---- all of it ----

def scripts(suite, variant):
    found = sorted(glob.glob(os.path.join(hs_test.MP_TESTS, suite, "*.py")))
    names = [suite + "/" + os.path.basename(f) for f in found]
    return [n for n in names if not n.startswith(VARIANTS[variant].without)]


def share(firmware, variant, names):
    """The scripts of a variant that this firmware takes, see above."""
    if variant == "default":
        return hs_test.share(names, firmware, 2)
    return names[(list(VARIANTS).index(variant) + hs_test.UNIX.index(firmware)) % 2::2 * hs_test.slowness(firmware)]


def plan(options):
    """All jobs, in groups that one worker takes at once."""
    groups = []
    whole = options.scripts or os.environ.get("HS_SOAK")
    for firmware in options.firmware or hs_test.UNIX + (hs_test.QEMU,):
        for variant in options.variant or VARIANTS:
            if firmware == hs_test.QEMU and variant != "default":
                continue
            jobs = [Job(firmware, variant, path)
                    for suite in VARIANTS[variant].suites if not options.suite or suite in options.suite
                    for names in [scripts(suite, variant)] for path in (names if whole else share(firmware, variant, names))
                    if not options.scripts or path in options.scripts]
            if not hs_test.runs_threads(firmware):
                jobs = [j for j in jobs if j.suite != "thread" and j.script not in THREADED]
            groups += [jobs[i:i + BATCH] for i in range(0, len(jobs), BATCH)]
    return groups


def work(groups, n_workers, tap):
    """Runs the groups; each line appears when its script is done."""
    free = queue.Queue()
    for n in range(n_workers):
        free.put((UnixWorker(n), QemuWorker(n)))

    def one(jobs):
        workers = free.get()
        try:
            workers[jobs[0].firmware == hs_test.QEMU].run(jobs)
        finally:
            free.put(workers)
        for job in jobs:
            if job.unfit:
                tap.skip(job.name, job.unfit)
            else:
                tap.check("%s: %d granules" % (job.name, job.granules), not job.problem, job.problem)

    with concurrent.futures.ThreadPoolExecutor(n_workers) as pool:
        for future in [pool.submit(one, jobs) for jobs in groups]:
            future.result()


def summarize(jobs, tap, seconds):
    """How many of how many, by firmware, variant and suite."""
    rows = {}
    for job in jobs:
        rows.setdefault((job.firmware, job.variant, job.suite), []).append(job)
    for (firmware, variant, suite), row in rows.items():
        compared = [j for j in row if not j.unfit]
        tap.note("%-9s %-24s %-12s %4d of %4d maps agree (%d ended by an exception, %d skipped themselves)"
                 % (firmware, variant, suite, sum(not j.problem for j in compared), len(compared),
                    sum(j.ending == "exception" for j in row), sum(j.ending == "skip" for j in row)))
    compared = [j for j in jobs if not j.unfit]
    rings = [j for j in jobs if VARIANTS[j.variant].ring]
    missing = sum(j.unfit != "" for j in rings)
    if len(rings) > 100:
        tap.check("%d of %d small rings had room for a keyframe" % (len(rings) - missing, len(rings)),
                  missing < len(rings) / 50, missing)
    tap.note("%d of %d maps agree with mem_info, %d granules compared, %.0f s"
             % (sum(not j.problem for j in compared), len(compared), sum(j.granules for j in compared), seconds))
    return compared


LEAST = {"unix64": 800, "unix32": 300 if hs_test.emulated("unix32") else 800, "qemu-arm": 60}  # scripts compared, else the suite did not run


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--firmware", action="append", choices=GRANULE)
    parser.add_argument("--suite", action="append")
    parser.add_argument("--variant", action="append", choices=VARIANTS)
    parser.add_argument("-j", "--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("scripts", nargs="*", help="such as basics/list1.py")
    options = parser.parse_args()
    tap = hs_test.Tap()
    started = time.monotonic()
    groups = plan(options)
    work(groups, options.jobs, tap)
    jobs = [job for group in groups for job in group]
    compared = summarize(jobs, tap, time.monotonic() - started)
    if not (options.suite or options.scripts or options.variant):
        for firmware in options.firmware or GRANULE:
            n = sum(j.firmware == firmware and j.variant == "default" for j in compared)
            least = LEAST[firmware] // (2 if hs_test.emulated(firmware) else 1)
            tap.check("%s: %d scripts or more were compared" % (firmware, least), n >= least, n)
    tap.finish()


if __name__ == "__main__":
    main()
