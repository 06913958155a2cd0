# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every import_*.py beside this file, or of those whose names are given. Each takes a
Bench: the TAP output, and LTTng."""
import glob
import importlib
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), d) for d in ("tools", "oracle")]
import hs_lttng  # noqa: E402
import hs_test  # noqa: E402
import ust_memory  # noqa: E402

WRAPPER = "liblttng-ust-libc-wrapper.so.1"
LIBC, STATE = "lttng_ust_libc:*", "lttng_ust_statedump:*"
ALL = ("vtid", "vpid", "ip", "procname")


class Bench:
    def __init__(self, tracer):
        self.tap = hs_test.Tap()
        self.check = self.tap.check
        self.tracer = tracer
        self.made = {}

    def path(self, name):
        return os.path.join(hs_test.scratch(), name)

    def program(self):
        """tests/import/programs/grow.c, with debug information."""
        def make():
            path = os.path.join(self.path("bin"), "grow")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            subprocess.run(["gcc", "-g", "-O1", "-fno-inline", "-o", path, os.path.join(HERE, "programs", "grow.c"), "-pthread"],
                           check=True)
            return path
        return self.once("program grow", make)

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def record(self, name, command, contexts=ALL, events=(LIBC, STATE), channel=("--blocking-timeout=inf", "--subbuf-size=1M"),
               stdin=None, env=None):
        """The folder of a session in which the command ran under LTTng's wrapper of the C library."""
        def make():
            folder = self.tracer.create(name, events, channel, contexts)
            try:
                done = hs_test.run(["env", "LD_PRELOAD=" + WRAPPER] + list(command), env=dict(self.tracer.env, **(env or {})),
                                   stdin=stdin if stdin is not None else subprocess.DEVNULL, timeout=120)
            finally:
                self.tracer.run("lttng", "destroy", name)
            self.check(name + ": ran to its end", done.status == 0, done.err)
            return folder
        return self.once("session " + name, make)

    def text(self, folder):
        """What babeltrace2 prints of it; and how many events it says are discarded."""
        done = hs_test.run(["babeltrace2", folder], timeout=300)
        counts = [int(n) for n in re.findall(r"discarded (\d+) event", done.err.decode(errors="replace"))]
        lost = sum(n if n < 1 << 32 else 1 for n in counts)  # LTTng's counter may step back
        return done.out.decode(errors="replace"), lost

    def memory(self, folder):
        """Trace Compass's rules over that."""
        return self.once("memory of " + folder, lambda: ust_memory.read(self.text(folder)[0].splitlines()))

    def stat(self, trace):
        status, stat, error = hs_test.cli_json("stat", trace)
        if status != 0:
            raise RuntimeError("stat of %s ended with %s: %s" % (trace, status, error))
        return stat

    def live(self, trace):
        """{address: bytes in whole granules} of the blocks at the end, and the granules, from the map."""
        status, shown, error = hs_test.cli_json("map", trace)
        if status != 0:
            raise RuntimeError(error)
        live, granule = {}, {}
        for region in shown["regions"]:
            base, size = int(region["base"], 16) & ~(1 << 63), region["granule_bytes"]  # mapped where an arena was at another time
            for match in re.finditer("h=*", region["map"]):
                live[base + size * match.start()] = size * len(match.group())
                granule[base + size * match.start()] = size
        return live, granule

    def rows(self, trace, *options):
        status, report, error = hs_test.cli_json("report", trace, *options)
        if status != 0:
            raise RuntimeError(error)
        return report["rows"]


def main():
    if not hs_test.Tap().needs("folders of CTF", "BABELTRACE2"):
        print("1..1")
        return
    names = sys.argv[1:] or [os.path.basename(f)[:-3] for f in sorted(glob.glob(os.path.join(HERE, "import_*.py")))]
    with hs_lttng.Tracer() as tracer:
        bench = Bench(tracer)
        for name in names:
            module = importlib.import_module(name)
            for case in [f for n, f in sorted(vars(module).items()) if n.startswith("case_")]:
                try:
                    case(bench)
                except (RuntimeError, OSError, KeyError, subprocess.SubprocessError) as problem:  # others go on
                    bench.check("%s %s" % (name, case.__name__), False, repr(problem))
    bench.tap.finish()


if __name__ == "__main__":
    main()
