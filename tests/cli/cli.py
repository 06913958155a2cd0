# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every cli_*.py beside this file. Each takes a Cli: the TAP output and
traces of the programs in tests/cli/programs, made when first asked for."""
import glob
import importlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
sys.path.insert(0, HERE)
import hs_test  # noqa: E402

PROGRAMS = os.path.join(HERE, "programs")


class Cli:
    def __init__(self):
        self.tap = hs_test.Tap()
        self.check = self.tap.check
        self.made = {}

    def trace(self, program, firmware="unix64", heap="128k", **env):
        """Path of the trace of tests/cli/programs/PROGRAM.py, run in that folder."""
        key = (program, firmware, heap, tuple(sorted(env.items())))
        if key not in self.made:
            path = os.path.join(hs_test.scratch(), "%s-%d.hst" % (program, len(self.made)))
            hs_test.run_firmware(firmware, ["-X", "heapsize=" + heap, program + ".py"], trace=path, cwd=PROGRAMS,
                                 env={k: str(v) for k, v in env.items()})
            self.made[key] = path
        return self.made[key]

    def out(self, *args, **more):
        """Runs the CLI. Returns (status, output, complaints) as text."""
        done = hs_test.cli(*args, **more)
        return done.status, done.out.decode(errors="replace"), done.err.decode(errors="replace")

    def json(self, *args):
        """The value that the CLI prints, {} when it printed none: what is missing fails a check, not the suite."""
        status, value, err = hs_test.cli_json(*args)
        if value is None:
            self.check("JSON from " + " ".join(args[:1]), False, "status %s: %s" % (status, err))
        return value or {}


def main():
    cli = Cli()
    for path in sorted(glob.glob(os.path.join(HERE, "cli_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name in [n for n in vars(module) if n.startswith("case_")]:
            try:
                getattr(module, name)(cli)
            except hs_test.Lacking as lacking:
                cli.tap.skip(name, lacking)
            except Exception as problem:  # a broken case must not hide the others
                cli.check("%s %s" % (module.__name__, name), False, repr(problem))
    cli.tap.finish()


main()
