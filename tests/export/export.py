# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every export_*.py beside this file, or of those whose names are given. Each
takes a Bench: the TAP output, traces made when first asked for, and folders to export into."""
import glob
import importlib
import json
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE] + [os.path.join(os.path.dirname(HERE), d) for d in ("tools", "oracle")]
import hs_commands  # noqa: E402
import hs_test  # noqa: E402

PROGRAMS = os.path.join(HERE, "programs")
HEAPS = {"unix64": "160k", "unix32": "80k"}  # enough for busy.py, with collections
BOOTS = os.path.join(os.path.dirname(HERE), "boots")


class Bench:
    def __init__(self):
        self.tap = hs_test.Tap()
        self.check = self.tap.check
        self.made = {}

    def path(self, name):
        """A path where nothing is."""
        path = os.path.join(hs_test.scratch(), name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)
        return path

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make(self.path("-".join(key)))
        return self.made[key]

    def trace(self, program="busy", firmware="unix64", **env):
        """The stream of tests/export/programs/PROGRAM.py."""
        def make(path):
            done = hs_test.run_firmware(firmware, ["-X", "heapsize=" + HEAPS[firmware], program + ".py"], trace=path,
                                        cwd=PROGRAMS, env=env)
            self.check("%s on %s ran to its end" % (program, firmware), done.status == 0 and not done.err, done.err)
            return path
        return self.once(("stream", program, firmware) + tuple(sorted(env)), make)

    def boots(self, firmware="unix64"):
        """Three boots in one ring."""
        def make(path):
            for boot in (1, 2, 3):
                hs_test.run_firmware(firmware, ["-X", "heapsize=64k", os.path.join(BOOTS, "once.py"), "boot%d" % boot,
                                                str(7000 + 100 * boot)], ring=path + ":256k")
            return path
        return self.once(("boots", firmware), make)

    def overwritten(self, firmware="unix64"):
        """A ring that has come round: it begins with a snapshot of blocks whose allocation was overwritten."""
        def make(path):
            hs_test.run_firmware(firmware, ["-X", "heapsize=" + HEAPS[firmware], "busy.py"], ring=path + ":16k", cwd=PROGRAMS)
            return path
        return self.once(("overwritten", firmware), make)

    def damaged(self, firmware="unix64"):
        """A ring in which packets have been spoilt: their records are lost."""
        def make(path):
            hs_test.run_firmware(firmware, ["-X", "heapsize=" + HEAPS[firmware], "busy.py"], ring=path + ":1m", cwd=PROGRAMS,
                                 env={"HEAPSTRATA_PACKET": "256"})
            packets = [json.loads(x) for x in hs_test.cli("dump", path, "--packets", "--json").out.splitlines()]
            with open(path, "r+b") as f:
                for n in (len(packets) // 2, len(packets) // 2 + 1, 3 * len(packets) // 4):
                    f.seek(packets[n]["offset"] + 40)
                    f.write(b"\x55\xaa\x55\xaa")
            return path
        return self.once(("damaged", firmware), make)

    def export(self, form, trace, name, *more):
        """Exports and returns (path, what the CLI did)."""
        hs_test.need(*hs_commands.FORMAT_NEEDS.get(form, ()))
        path = self.path(name)
        return path, hs_test.cli("export", "--format", form, "-o", path, *more, trace)

    def dump(self, trace):
        return [json.loads(line) for line in hs_test.cli("dump", trace, "--json").out.splitlines()]

    def stat(self, trace):
        return hs_test.cli_json("stat", trace)[1] or {}


def main():
    bench = Bench()
    for path in sorted(glob.glob(os.path.join(HERE, "export_*.py"))):
        name = os.path.basename(path)[:-3]
        if sys.argv[1:] and name[7:] not in sys.argv[1:]:
            continue
        module = importlib.import_module(name)
        for case in [n for n in vars(module) if n.startswith("case_")]:
            try:
                getattr(module, case)(bench)
            except hs_test.Lacking as lacking:
                bench.tap.skip(case, lacking)
            except Exception as problem:  # a broken case must not hide the others
                bench.check("%s %s" % (name, case), False, repr(problem))
    bench.tap.finish()


main()
