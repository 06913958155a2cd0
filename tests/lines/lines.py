#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The sites of allocations against MicroPython's own tracebacks.

template.py has places that allocate, each in another kind of code. It runs once with every place allocating
another number of bytes: the trace must have an allocation of that size, from one line of the program. Then,
for each place, it runs with that one asking for more than there is: MicroPython's traceback tells where that
is. File, function and line must be the same, for the allocation that was made and for the one that failed.

opcodes.py locks the heap, to do the same for allocations that single opcodes make.
"""
import argparse
import concurrent.futures
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test
import qemu_mp

FILES = {"main": "template.py", "linesmodule": "linesmodule.py", "linespackage/inside": "linesinside.py"}
PLACE = re.compile(r"(ALLOC|LIST|TEXT|PADDED)(\(\))?")
HUGE = {"ALLOC": 0x3fffffff, "LIST": 0x0fffffff, "TEXT": 0x3ffffff0, "PADDED": 0x3ffffff0}
FIRST, STEP = 2003, 8   # sizes, such that growing strings and lists, which grow by 4 or 8, never have them
FRAME = re.compile(r'^  File "([^"]*)", line (\d+), in (\S+)', re.M)
POINTER = {"unix64": 8, "unix32": 4, "qemu-arm": 4}


class Place:
    """One allocation of the template."""

    def __init__(self, number, kind, unit):
        self.number, self.kind, self.unit = number, kind, unit
        self.n = FIRST + STEP * number
        self.traced = self.failed = self.named = None

    def text(self, n):
        return {"ALLOC": "bytearray(%d)", "LIST": "[None] * %d", "TEXT": "('x' * %d)", "PADDED": "%d"}[self.kind] % n

    def size(self, pointer):
        """Bytes that this place, and no other, asks for at last."""
        return {"ALLOC": self.n, "LIST": self.n * pointer}.get(self.kind, self.n + 1)


class Program:
    """The three files with their places."""

    def __init__(self):
        self.places, self.pieces = [], {}
        for unit, name in FILES.items():
            with open(os.path.join(HERE, name)) as f:
                text = re.sub(r"^@GAP (\d+)\n", lambda m: "\n" * int(m.group(1)), f.read(), flags=re.M)
            text = re.sub(r"^# .*\n", "#\n", text, flags=re.M)
            pieces, at = [], 0
            for match in PLACE.finditer(text):
                place = Place(len(self.places), match.group(1), unit)
                self.places.append(place)
                pieces += [text[at:match.start()], place]
                at = match.end()
            self.pieces[unit] = pieces + [text[at:]]

    def text(self, unit, failing=None):
        return self._fill(unit, failing).replace("@CUT\n", "\n")

    def parts(self, failing=None):
        """The main program in parts that run one by one, with their lines where they are in the whole."""
        head, *parts = self._fill("main", failing).split("@CUT\n")
        imports = "import linesmodule, sys"
        lines = head.count("\n") + 1
        yield head
        for part in parts:
            yield imports + "\n" * lines + part
            lines += part.count("\n") + 1

    def _fill(self, unit, failing):
        return "".join(p if isinstance(p, str) else p.text(HUGE[p.kind] if p is failing else p.n)
                       for p in self.pieces[unit])


def short(path):
    """Each run has a folder of its own, and modules are found by the whole path."""
    return next((u + ".py" for u in FILES if path.endswith("/" + u + ".py")), path)


# ---- what the trace says ----

class Sites:
    """Names of a trace's sites."""

    def __init__(self, trace):
        self.sites = {entry["number"]: entry for entry in dump(trace, "--dict") if entry["kind"] == "SITE"}

    def name(self, number):
        """(file, line, function)"""
        site = self.sites.get(number)
        if not site:
            return ("other", 0, "")
        return (short(site["file"]), site["line"], site["function"])


def dump(trace, *more):
    done = hs_test.cli("dump", trace, "--json", *more)
    if done.status != 0:
        raise RuntimeError("heapstrata dump ended with %s: %s" % (done.status, done.err.decode(errors="replace")))
    return [json.loads(line) for line in done.out.decode(errors="replace").splitlines()]


def read_sizes(trace, program, pointer):
    """Gives each place the sites that allocated its size."""
    of = {place.size(pointer): place for place in program.places}
    sites = Sites(trace)
    for event in dump(trace, "--kind", "alloc,realloc"):
        place = of.get(event["size"])
        name = sites.name(event["site"])
        if place and name[1]:  # the compiler's own buffers may have that size
            place.traced = (place.traced or set()) | {name}


def read_fails(trace):
    sites = Sites(trace)
    return [(sites.name(event["site"]), event["size"]) for event in dump(trace, "--kind", "fail")]


def innermost(traceback):
    """(file, line, function) of the last frame, None when there is no traceback."""
    frames = FRAME.findall(traceback.decode(errors="replace"))
    return (short(frames[-1][0]), int(frames[-1][1]), frames[-1][2]) if frames else None


# ---- unix ----

def write_program(program, folder, failing=None):
    os.makedirs(os.path.join(folder, "linespackage"), exist_ok=True)
    for unit in FILES:
        with open(os.path.join(folder, unit + ".py"), "w") as f:
            f.write(program.text(unit, failing))
    return os.path.join(folder, "main.py")


def on_unix(firmware, program):
    folder = os.path.join(hs_test.scratch(), firmware)
    trace = os.path.join(folder, "all.hst")
    main = write_program(program, folder)
    done = hs_test.run_firmware(firmware, ["main.py"], trace=trace, cwd=folder)
    if done.status != 0:
        raise RuntimeError("the template ended with %s: %s" % (done.status, done.err.decode()))
    read_sizes(trace, program, POINTER[firmware])

    def fail(place):
        own = os.path.join(folder, "fail%d" % place.number)
        write_program(program, own, place)
        one = os.path.join(own, "fail.hst")
        ended = hs_test.run_firmware(firmware, ["main.py"], trace=one, cwd=own, merge=True)
        take_failure(place, ended.out, read_fails(one))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(fail, program.places))


def take_failure(place, text, fails):
    place.named = innermost(text) if b"MemoryError" in text else None
    # Padding grows step by step, and fails at a size of its own.
    found = [name for name, size in fails if size >= 0x3f000000 or place.kind == "PADDED"]
    place.failed = found[0] if len(found) == 1 else found


# ---- QEMU ----

class Board:
    """Programs on the board, each from an empty trace."""

    def __init__(self, machine, program, ring):
        self.machine, self.program, self.ring = machine, program, ring

    def run(self, part, failing=None):
        """Runs a part of the main program. Returns its traceback; the trace is in the ring."""
        self.machine.run("import heapstrata; heapstrata.reset()")
        self.machine.soft_reset()
        files = {u + ".py": self.program.text(u, failing).encode() for u in FILES if u != "main"}
        _, error = self.machine.run(qemu_mp.FILESYSTEM % files)
        if error:
            raise RuntimeError(error.decode())
        _, error = self.machine.run(part)
        self.machine.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, self.ring)
        return error


def on_qemu(program):
    folder = os.path.join(hs_test.scratch(), "qemu-arm")
    os.makedirs(folder, exist_ok=True)
    ring = os.path.join(folder, "ring.bin")
    with qemu_mp.QemuMp(hs_test.firmware("qemu-arm")) as machine:
        board = Board(machine, program, ring)
        for part in program.parts():
            error = board.run(part)
            if error:
                raise RuntimeError("the template ended with " + error.decode())
            read_sizes(ring, program, 4)
        for place in program.places:
            for whole, part in zip(program.parts(), program.parts(place)):
                if place.unit == "main" and whole == part:
                    continue
                take_failure(place, board.run(part, place), read_fails(ring))
                if place.named:
                    break


# ---- single opcodes ----

CASE = re.compile(r"^@(\d+) (.*)\n((?:(?!@).*\n)*)", re.M)


def opcodes_on(firmware):
    """Output of opcodes.py and its trace."""
    folder = os.path.join(hs_test.scratch(), firmware)
    os.makedirs(folder, exist_ok=True)
    trace = os.path.join(folder, "opcodes.hst")
    script = os.path.join(HERE, "opcodes.py")
    if firmware != hs_test.QEMU:
        # By its name alone, for of a long path only the end is recorded.
        return hs_test.run_firmware(firmware, [os.path.basename(script)], trace=trace, merge=True, cwd=HERE).out, trace
    with qemu_mp.QemuMp(hs_test.firmware(firmware)) as board, open(script, "rb") as f:
        out, error = board.run(f.read())
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    return out + error, trace


def first_fails(trace):
    """Site of the first failed allocation behind each mark "case N". What follows is the making of the
    exception."""
    sites, found, case = Sites(trace), {}, None
    for event in dump(trace, "--kind", "mark,fail"):
        if event["kind"] == "MARK":
            case = event["label"]
        elif case:
            found.setdefault(case, sites.name(event["site"]))
    return found


def judge_opcodes(firmware, tap):
    out, trace = opcodes_on(firmware)
    fails = first_fails(trace)
    seen = 0
    for number, what, text in CASE.findall(out.decode(errors="replace").replace("\r\n", "\n")):
        named, site = innermost(text.encode()), fails.get("case " + number)
        name = "%s: opcode case %s, %s" % (firmware, number, "%s:%d %s" % named if named else what)
        seen += what == "MemoryError"
        tap.check(name, what == "needed no block" and not site or named and named == site,
                  "%s, site %s\n%s" % (what, site, text))
    tap.check("%s: %d opcodes needed a block" % (firmware, seen), seen >= 22, out[-2000:])


# ---- verdicts ----

def judge(firmware, program, tap):
    for place in program.places:
        name = "%s: %s %d in %s" % (firmware, place.kind, place.number, place.unit)
        if not place.named:
            tap.check(name, False, "no traceback")
            continue
        name += ", %s:%d %s" % place.named
        wrong = []
        if place.traced != {place.named}:
            wrong.append("the allocation's site is %s" % (place.traced,))
        if place.failed != place.named:
            wrong.append("the failed allocation's site is %s" % (place.failed,))
        tap.check(name, not wrong, "\n".join(wrong))


def judge_no_lines(tap):
    """A module that was compiled without line numbers: its function is known, a line is not made up."""
    folder = os.path.join(hs_test.scratch(), "nolines")
    os.makedirs(folder, exist_ok=True)
    for name, text in (("packed", "\n\ndef work():\n    return [bytearray(3000) for i in range(9)]\n"),
                       ("main", "import packed\nkept = packed.work()\nmore = bytearray(5000)\n")):
        with open(os.path.join(folder, name + ".py"), "w") as f:
            f.write(text)
    done = hs_test.run([os.environ["HS_MPY_CROSS"], "-O3", "packed.py"], cwd=folder)
    os.unlink(folder + "/packed.py")
    trace = os.path.join(folder, "trace.hst")
    hs_test.run_firmware("unix64", ["main.py"], trace=trace, cwd=folder)
    rows = (hs_test.cli_json("report", trace)[1] or {}).get("rows", [])
    seen = {row["line"] for row in rows if row["bytes"] >= 5000}
    tap.check("code without line numbers has no line, and what calls it has its own",
              done.status == 0 and seen == {"<listcomp> (packed.py)", "main.py:3 <module>"}, seen)


ANEW = """import gc
def anew(n):
    exec(compile("bytearray(%d)" % (3000 + n), "f%d.py" % (n % 4), "exec"), {})
for n in range(60):
    anew(n)
    gc.collect()
"""


def judge_code_anew(tap):
    """Code that is compiled where other code was, which was collected."""
    folder = os.path.join(hs_test.scratch(), "anew")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "main.py"), "w") as f:
        f.write(ANEW)
    trace = os.path.join(folder, "trace.hst")
    done = hs_test.run_firmware("unix64", ["main.py"], trace=trace, cwd=folder)
    sites = Sites(trace)
    seen = {event["size"] - 3000: sites.name(event["site"])[0] for event in dump(trace, "--kind", "alloc")
            if 3000 <= event["size"] < 3060}
    tap.check("code that takes the place of other code has its own file",
              done.status == 0 and seen == {n: "f%d.py" % (n % 4) for n in range(60)}, seen)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--firmware", action="append", choices=POINTER)
    options = parser.parse_args()
    tap = hs_test.Tap()
    for firmware in options.firmware or POINTER:
        program = Program()
        try:
            if firmware == hs_test.QEMU:
                on_qemu(program)
            else:
                on_unix(firmware, program)
        except (RuntimeError, qemu_mp.BoardError) as error:
            tap.check("%s: the template runs" % firmware, False, error)
            continue
        judge(firmware, program, tap)
        judge_opcodes(firmware, tap)
    judge_no_lines(tap)
    judge_code_anew(tap)
    tap.finish()


if __name__ == "__main__":
    main()
