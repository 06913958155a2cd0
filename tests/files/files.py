# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every files_*.py beside this file. Each takes a Bench: the TAP output, a trace, and
another one of the same program."""
import glob
import importlib
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
sys.path.insert(0, HERE)
import hs_commands  # noqa: E402
import hs_test  # noqa: E402

WORK = os.path.join(HERE, "..", "compilers", "work.py")


class Bench:
    def __init__(self):
        self.tap = hs_test.Tap()
        self.check, self.skip = self.tap.check, self.tap.skip
        self.trace, self.small = self.made("trace", WORK), self.made("small", os.path.join(HERE, "small.py"))

    def made(self, name, script):
        stream, trace = self.path(name + ".stream"), self.path(name + ".hst")
        done = hs_test.run_firmware("unix64", ["-X", "heapsize=200k", script], trace=stream, timeout=120)
        self.check("the firmware runs " + os.path.basename(script), done.status == 0, done.err)
        hs_test.cli("import", stream, "-o", trace)
        return trace

    @staticmethod
    def path(*names):
        return os.path.join(hs_test.scratch(), *names)

    def folder(self, name):
        """An empty folder."""
        path = self.path(name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def fill(self, args, out):
        """A command of hs_commands, for the small trace."""
        return [hs_test.CLI] + hs_commands.fill(args, trace=self.small, other=self.small, out=out)


def main():
    bench = Bench()
    words = sys.argv[1:]
    for path in sorted(glob.glob(os.path.join(HERE, "files_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name in [n for n in vars(module) if n.startswith("case_") and (not words or any(w in n for w in words))]:
            try:
                getattr(module, name)(bench)
            except hs_test.Lacking as lacking:
                bench.tap.skip(name, lacking)
            except Exception as problem:  # a broken case must not hide the others
                bench.check("%s %s" % (module.__name__, name), False, repr(problem))
    bench.tap.finish()


main()
