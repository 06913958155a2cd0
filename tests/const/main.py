# SPDX-License-Identifier: MIT
"""Runs the functions named case_* of every const_*.py beside this file. Each takes a Suite."""
import glob
import importlib
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
sys.path.insert(0, HERE)
import hs_test  # noqa: E402

WANTS_ELF = ("compare", "globals", "report", "why")
EXAMPLE = os.path.join(hs_test.ROOT, "examples", "const-vs-global")


class Suite:
    """The TAP output, and traces of scripts, made when first asked for. Scripts lie in a folder of their own: its path is a
    string on the heap, and run from the checkout, the figures would depend on where that is."""

    def __init__(self):
        self.tap = hs_test.Tap()
        self.check = self.tap.check
        self.made = {}
        self.short = tempfile.mkdtemp(prefix="hs-", dir="/tmp")
        for which in ("const", "plain", "none"):
            shutil.copy(os.path.join(EXAMPLE, which + ".py"), self.short)

    def run(self, script, firmware="unix32", heap="120k", args=(), **env):
        """(path of the trace, what the script printed). The script is run in its own folder."""
        key = (script, firmware, heap, tuple(args), tuple(sorted(env.items())))
        if key not in self.made:
            folder, name = os.path.split(script)
            path = os.path.join(hs_test.scratch(), "%s-%d.hst" % (name[:-3], len(self.made)))
            done = hs_test.run_firmware(firmware, ["-X", "heapsize=" + heap, name, *args], trace=path,
                                        cwd=folder, env={k: str(v) for k, v in env.items()})
            if done.status:
                self.check("%s runs on %s" % (name, firmware), False, (done.out + done.err).decode(errors="replace"))
            self.made[key] = path, done.out.decode(errors="replace")
        return self.made[key]

    def example(self, which, **more):
        """One of the three scripts of the example: the trace and {mark: gc.mem_alloc()}."""
        trace, out = self.run(os.path.join(self.short, which + ".py"), **more)
        return trace, {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in out.splitlines()}

    def write(self, name, text):
        """A script of that text; its path."""
        path = os.path.join(self.short, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        return path

    @staticmethod
    def firmware_of(args):
        """A board's memory does not say where its firmware is."""
        return ["--elf", hs_test.firmware(hs_test.QEMU)] if any(arg.endswith(".img") for arg in args) and args[0] in WANTS_ELF else []

    def out(self, *args, **more):
        """Runs the CLI. Returns (status, output, complaints) as text."""
        done = hs_test.cli(*args, *self.firmware_of(args), **more)
        return done.status, done.out.decode(errors="replace"), done.err.decode(errors="replace")

    def json(self, *args, status=0):
        """The value that the CLI prints, {} when it printed none: what is missing fails a check, not the suite."""
        got, value, err = hs_test.cli_json(*args, *self.firmware_of(args))
        if value is None or got != status:
            self.check("JSON from " + " ".join(args[:1]), False, "status %s: %s" % (got, err))
        return value or {}


def main():
    suite = Suite()
    for path in sorted(glob.glob(os.path.join(HERE, "const_*.py"))):
        module = importlib.import_module(os.path.basename(path)[:-3])
        for name in [n for n in vars(module) if n.startswith("case_")]:
            try:
                getattr(module, name)(suite)
            except Exception as problem:  # a broken case must not hide the others
                suite.check("%s %s" % (module.__name__, name), False, repr(problem))
    shutil.rmtree(suite.short)
    suite.tap.finish()


main()
