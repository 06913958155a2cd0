# SPDX-License-Identifier: MIT
"""For test suites in Python: where things are, TAP lines, firmwares, the CLI.

    import hs_test
    tap = hs_test.Tap()
    done = hs_test.run_firmware("unix64", ["script.py"], trace="x.hst", cwd=folder)
    status, data, text = hs_test.cli_json("stat", "x.hst")
    tap.check("name", condition, "what was seen")
    tap.finish()
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = os.environ.get("HS_ROOT_DIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("HS_BUILD") or os.path.join(ROOT, "build")
NATIVE = os.environ.get("HS_NATIVE") or os.path.join(BUILD, "heapstrata")
CLI = os.environ.get("HS_CLI") or NATIVE  # the program that is tried: NATIVE, or that of another system (make suite PROGRAM=wasm)
PROGRAM = os.environ.get("HS_PROGRAM") or "native"
LACKS = os.environ.get("HS_LACKS_" + PROGRAM, "").split()  # the parts that it was built without, as in the Makefile's PARTS, and SIGNALS
MP = os.environ.get("HS_MP") or os.path.join(ROOT, "build", "micropython")
MP_SRC = os.environ.get("HS_MP_SRC") or os.path.join(MP, "src")
MP_TESTS = os.path.join(MP_SRC, "tests")
UNIX = ("unix64", "unix32")
QEMU = "qemu-arm"
MICROPYTHON_VARIABLES = ("MICROPYPATH", "MICROPYINSPECT", "COLUMNS")
os.environ.setdefault("LSAN_OPTIONS", "print_suppressions=0:suppressions=" + os.path.join(ROOT, "tests", "tools", "lsan.supp"))
# What runs in the background of a script, or by nohup, has these ignored, and so has each program that it starts.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
SANITIZERS = {"ASAN_OPTIONS": "exitcode=99", "UBSAN_OPTIONS": "exitcode=99"}

_scratch = None


def scratch():
    """A folder for this run's files: HS_TMP, or a new one that goes when the suite passed."""
    global _scratch
    if not _scratch:
        _scratch = os.environ.get("HS_TMP") or tempfile.mkdtemp(prefix="hs-test-")
        os.makedirs(_scratch, exist_ok=True)
    return _scratch


def firmware(name, plain=False):
    """Path of a firmware: unix64, unix32 or qemu-arm."""
    folder = os.path.join(MP, "plain") if plain else MP
    return os.path.join(folder, name, "firmware.elf" if name == QEMU else "micropython")


def emulated(name):
    """Whether QEMU runs this firmware, since the kernel does not (scripts/runs-32-bit): what looks at its process sees QEMU's."""
    return name == "unix32" and os.path.exists("/proc/sys/fs/binfmt_misc/heapstrata-i386")


def runs_threads(name):
    """Whether scripts with threads run on this firmware: on the boards there are none, and under QEMU's user mode MicroPython
    crashes where a collection interrupts the other threads with a signal."""
    return name in UNIX and not emulated(name)


def slowness(name):
    """How much longer a test waits for this firmware to come as far as on a PC."""
    return 8 if emulated(name) else 1


def share(items, name, part=3):
    """Of many like items those that `make test` has time for on this firmware: one in `part` where QEMU runs it; `make soak` takes all."""
    return items[1::part] if emulated(name) and not os.environ.get("HS_SOAK") else items


class Lacking(Exception):
    """The program that is tried was built without a part that a case needs: the case is skipped."""


def need(*parts):
    missing = [part for part in parts if part in LACKS]
    if missing:
        raise Lacking("the program was built without " + " ".join(missing))


class Tap:
    """Prints the lines that tests/tools/runner.py reads. Threads may share one."""

    def __init__(self):
        self.count = self.failed = 0
        self.lock = threading.Lock()

    def check(self, name, good, why=""):
        with self.lock:
            self.count += 1
            self.failed += not good
            print("%sok %d - %s" % ("" if good else "not ", self.count, name))
            if not good:
                self._notes(why)
            sys.stdout.flush()
        return good

    def skip(self, name, why):
        with self.lock:
            self.count += 1
            print("ok %d - %s # SKIP %s" % (self.count, name, why))

    def needs(self, name, *parts):
        """Whether the program has these parts. If not, the checks of that name are skipped."""
        try:
            need(*parts)
        except Lacking as lacking:
            self.skip(name, lacking)
            return False
        return True

    def note(self, text):
        with self.lock:
            self._notes(text)
            sys.stdout.flush()

    @staticmethod
    def _notes(text):
        for line in str(text).splitlines():
            print("#   " + line)

    def finish(self):
        """Prints the plan and ends the program."""
        print("1..%d" % self.count)
        if not self.failed and not os.environ.get("HS_TMP") and _scratch:
            shutil.rmtree(_scratch, ignore_errors=True)
        sys.exit(1 if self.failed else 0)


class Done:
    """What a child process did. `status` is negative for a signal, None when it was stopped at the limit."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


def run(command, env=None, cwd=None, timeout=60, stdin=subprocess.DEVNULL, merge=False):
    """Runs a command with what HeapStrata and MicroPython heed taken out of the environment and `env` put in."""
    child_env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_") and k not in MICROPYTHON_VARIABLES}
    if command[0] in (CLI, NATIVE):
        child_env["XDG_STATE_HOME"] = os.path.join(scratch(), "state")  # what `record` knows of traces is this run's alone
    child_env.update(env or {})
    child = subprocess.Popen(command, env=child_env, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT if merge else subprocess.PIPE, start_new_session=True)
    try:
        out, err = child.communicate(timeout=timeout)
        return Done(child.returncode, out, err or b"")
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, 9)
        out, err = child.communicate()
        return Done(None, out, err or b"")


def run_firmware(name, args, trace=None, ring=None, env=None, **more):
    """Runs a unix firmware. trace: HEAPSTRATA_OUT; ring: HEAPSTRATA_RING as FILE:SIZE. HOME, which it puts on its heap, is
    the same wherever the tests run."""
    env = dict({"HOME": "/"}, **(env or {}))
    if trace:
        env["HEAPSTRATA_OUT"] = os.path.abspath(trace)
    if ring:
        env["HEAPSTRATA_RING"] = os.path.abspath(ring)
    return run([firmware(name)] + list(args), env=env, **more)


def cli(*args, **more):
    """Runs the CLI. What runs programs, to record or to watch them, is the native one."""
    program = NATIVE if args and args[0] in ("record", "top") else CLI
    return run([program] + [str(a) for a in args], env=SANITIZERS, **more)


def cli_json(*args, **more):
    """Runs the CLI with --json. Returns (status, value or None, standard error as text)."""
    done = cli(*args, "--json", **more)
    try:
        value = json.loads(done.out)
    except ValueError:
        value = None
    return done.status, value, done.err.decode(errors="replace")


def regions_at_level(trace):
    """Of a trace of a level other than "full": the numbers of the regions that have figures, and {number: name} of those that
    have a REGION record."""
    records = [json.loads(line) for line in cli("dump", "--json", trace).out.decode().splitlines()]
    return ({r["region"] for r in records if r.get("kind") == "SUMMARY"},
            {r["region"]: r["name"] for r in records if r.get("kind") == "REGION"})


def mp_tests_copy(folder):
    """MicroPython's tests in a folder of their own, because scripts write beside themselves; their
    surroundings (extmod, lib, tools, ports) by links. Returns the tests folder."""
    tests = os.path.join(folder, "tests")
    if not os.path.exists(tests):
        os.makedirs(folder, exist_ok=True)
        shutil.copytree(MP_TESTS, tests, symlinks=True, ignore=shutil.ignore_patterns("results", "__pycache__"))
        for name in ("extmod", "lib", "tools", "ports", "mpy-cross", "py"):
            os.symlink(os.path.join(os.path.abspath(MP_SRC), name), os.path.join(folder, name))
    return tests


def mp_folder(port, folder):
    """A folder as make's BUILD in a port of MicroPython names it. It is relative to the port: a compiler cache with a base folder
    writes relative names into the dependency files, and make compares names as text, so with another name no object would
    depend on its headers."""
    return os.path.relpath(os.path.realpath(folder), os.path.realpath(os.path.join(MP_SRC, "ports", port)))


def mp_path(tests):
    """MICROPYPATH as MicroPython's run-tests.py sets it."""
    top = os.path.dirname(tests)
    return ":".join([".frozen", os.path.join(top, "extmod"),
                     os.path.join(top, "lib/micropython-lib/python-stdlib/unittest")])
