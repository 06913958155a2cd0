#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The smallest heap on which a program runs, searched to 64 bytes, and the depth of a recursion: plain firmware, hooks that are
stopped, hooks that record. On both unix ports and on an emulated Cortex-M3.

    leastheap.py [--firmware NAME] [--all] [--table] [PROGRAM...]

Programs are MicroPython's perf_bench and 30 of its tests, chosen by a seed; without --all (HS_SOAK) five of them, on the board two. The collector
takes any word on the C stack for a reference, so what the hooks leave there can keep garbage alive: the searches must agree
within 256 bytes in 95 % of the cases, and nowhere differ by more than 2 KB. Addresses are not randomised, so a run is repeatable.
"""
import argparse
import concurrent.futures
import ctypes
import glob
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), n) for n in ("tools", "bench")]
import hs_depth  # noqa: E402
import hs_test  # noqa: E402
import programs  # noqa: E402
import resized  # noqa: E402

STEP, CLOSE, MOST = 64, 256, 2048
LARGE = 4 << 20
FIRMWARES = ("unix64", "unix32", hs_test.QEMU)
MODES = ("plain", "stopped", "recording")
FURTHER = ("basics", "float", "misc", "unicode", "extmod")
N_FURTHER = 30
N_SMALL = 5
ON_BOARD = ("perf_bench/bm_float", "basics/generator_pep479")  # without --all
SCALE = (100, 100)  # MHz and KB that run-perfbench.py is given
ADDR_NO_RANDOMIZE = 0x0040000
libc = ctypes.CDLL(None)


class Program:
    """One program: what is run, and what a run that came to its end has printed. text: of a program of ours."""

    large, smallest = LARGE, 0

    def __init__(self, name, text=None):
        self.name = name
        folder, base = os.path.split(name)
        self.is_bench = folder == "perf_bench"
        self.cwd = os.path.join(hs_test.MP_TESTS, folder)
        self.path = base + ".py"
        if self.is_bench or text:
            self.path = os.path.join(hs_test.scratch(), base + ".py")
            with open(self.path, "w") as f:
                f.write(text or programs.for_unix(base, *SCALE))

    def run(self, firmware, mode, heap):
        """What was printed, None when it did not come to its end. perf_bench prints times, then its result."""
        binary = os.path.abspath(hs_test.firmware(firmware, mode == "plain"))
        env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
        if mode == "recording":
            env["HEAPSTRATA_OUT"] = "/dev/null"
        try:
            done = subprocess.run([binary, "-X", "heapsize=%d" % heap, self.path], env=env, cwd=self.cwd, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=600, check=False,
                                  preexec_fn=lambda: libc.personality(ADDR_NO_RANDOMIZE))
        except subprocess.TimeoutExpired:
            return None
        if done.returncode:
            return None
        return b" ".join(done.stdout.split(None, 2)[2:]) if self.is_bench else done.stdout


def program_for(name, firmware, text=None):
    return (resized.BoardProgram if firmware == hs_test.QEMU else Program)(name, text)


def least(program, firmware, mode, want, near=None):
    """The smallest heap on which `want` is printed, in bytes. `near`: another mode's, around which to look first."""
    def runs(steps):
        return program.run(firmware, mode, steps * STEP) == want

    low, high = program.smallest // STEP, program.large // STEP  # one that does not do, one that does
    if near:
        low, high = around(near // STEP, low, high, runs)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if runs(middle) else (middle, high)
    return high * STEP


def around(near, low, high, runs):
    """Bounds close to `near`, which mostly is the answer; in steps, as low and high."""
    reach = 1
    if not runs(near):
        low = near
        while near + reach < high and not runs(near + reach):
            low, reach = near + reach, reach * 2
        return low, min(high, near + reach)
    high = near
    while near - reach > low and runs(near - reach):
        high, reach = near - reach, reach * 2
    return max(low, near - reach), high


def search(name, firmware):
    """{mode: bytes}"""
    program = program_for(name, firmware)
    want = program.run(firmware, "plain", program.large)
    found = {"plain": least(program, firmware, "plain", want)}
    for mode in MODES[1:]:
        found[mode] = least(program, firmware, mode, want, found["plain"])
    return found


def names_for(firmware, everything):
    if firmware == hs_test.QEMU and not everything:
        return ON_BOARD
    names = candidates(firmware)
    return names if everything else random.Random(7).sample(names, N_SMALL)


TIMED = ("asyncio", "time", "select", "uasyncio")  # what these need depends on how fast the machine is


def candidates(firmware):
    """All programs that run as they are and allocate something worth looking at."""
    bench = ["perf_bench/" + os.path.basename(p)[:-3] for p in sorted(glob.glob(os.path.join(programs.FOLDER, "*.py")))
             if os.path.basename(p) != "benchrun.py"]
    tests = [os.path.join(s, os.path.basename(p)[:-3]) for s in FURTHER for p in sorted(glob.glob(os.path.join(hs_test.MP_TESTS, s, "*.py")))]
    tests = [name for name in tests if not os.path.basename(name).startswith(TIMED)]
    random.Random(12).shuffle(tests)
    return [n for n in bench if is_fit(n, firmware)] + chosen(tests, firmware)


def is_fit(name, firmware):
    program = program_for(name, firmware)
    said = program.run(firmware, "plain", program.large)
    return bool(said) and b"SKIP" not in said and said == program.run(firmware, "plain", program.large)


def chosen(tests, firmware):
    """The first 30 that need more than the interpreter does by itself."""
    found = []
    nothing = least(program_for("basics/idle", firmware, "print(1)\n"), firmware, "plain", b"1\n")
    for name in tests:
        program = program_for(name, firmware)
        want = program.run(firmware, "plain", program.large)
        if is_fit(name, firmware) and program.run(firmware, "plain", nothing + 1024) != want:
            found.append(name)
        if len(found) == N_FURTHER:
            break
    return found


def depth(firmware, mode):
    def run(script):
        program = program_for("basics/recursion", firmware, script)
        return program.run(firmware, mode, program.large) or b""
    return hs_depth.measure(run)


def check_recursion(tap, firmware):
    plain = depth(firmware, "plain")
    for mode in MODES[1:]:
        hs_depth.check(tap, "%s, %s" % (firmware, mode), plain, depth(firmware, mode))


def check(tap, firmware, rows):
    differences = [(abs(found[mode] - found["plain"]), name, mode) for name, found in rows for mode in MODES[1:]]
    close = sum(d <= CLOSE for d, _, _ in differences)
    largest = max(differences)
    tap.check("%s: smallest heap within %d bytes in %d of %d searches" % (firmware, CLOSE, close, len(differences)),
              close >= 0.95 * len(differences), sorted(differences, reverse=True)[:6])
    tap.check("%s: largest difference %d bytes (%s, %s)" % (firmware, *largest), largest[0] <= MOST, sorted(differences, reverse=True)[:6])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firmware", choices=FIRMWARES)
    parser.add_argument("--all", action="store_true", default=bool(os.environ.get("HS_SOAK")))
    parser.add_argument("--table", action="store_true", help="print each search")
    parser.add_argument("program", nargs="*", help="such as perf_bench/bm_float")
    args = parser.parse_args()
    tap = hs_test.Tap()
    for firmware in [args.firmware] if args.firmware else FIRMWARES:
        check_recursion(tap, firmware)
        names = args.program or names_for(firmware, args.all)
        with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            rows = []
            for name, found in zip(names, pool.map(lambda name: search(name, firmware), names)):
                rows.append((name, found))
                if args.table:
                    print("# %s %-32s %s" % (firmware, name, " ".join("%s %d" % (m, found[m]) for m in MODES)), flush=True)
        check(tap, firmware, rows)
    tap.finish()


if __name__ == "__main__":
    main()
