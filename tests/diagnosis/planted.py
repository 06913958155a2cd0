# SPDX-License-Identifier: MIT
"""Programs with a planted cause, each with its right answer and its mended version.

The first line of a program says what is right: the code of doctor's first finding and the line that it must name, or "-" where
nothing may be found; !N must be in the sentence itself; then the heap as @64BIT/32BIT (@64k/64k unless given). Comments after #| are the mended version: the line
becomes what follows. The original fails with this heap, the mended one runs to its end. A line "# says: WORDS" gives words that the
sentence or its evidence must have: who holds the memory; "# advises: WORDS" and "# advises not: WORDS" are for the advice. What follows "#file NAME" is another module of the program; a line in it
is written as NAME:N.

What the doctor says it has tried is tried here too, on the firmware: with the heap that is said to be the smallest the original
runs, and with a tenth less it fails."""
import concurrent.futures
import glob
import json
import os
import re
import sys
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import hs_test  # noqa: E402
import qemu_mp  # noqa: E402

tap = hs_test.Tap()
MENDED = re.compile(r"^(\s*)(.*?)\s*#\| ?(.*)$")
TRIED = ("HS-FRAG-FAILED", "HS-HEAP-GROWING", "HS-HEAP-PEAK", "HS-HEAP-HELD")


class Program:
    """One program on one firmware, in a folder of its own."""

    def __init__(self, path, firmware):
        self.path, self.firmware = path, firmware
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.title = "%s, %s" % (self.name, firmware)
        with open(path) as f:
            self.text = f.read()
        words = self.text.splitlines()[0].lstrip("# ").split()
        heaps = [w[1:] for w in words if w.startswith("@")] or ["64k"]
        self.heap = heaps[0].split("/")[0 if firmware == "unix64" else -1]
        self.code, *self.lines = [w for w in words if not w.startswith("@")]
        self.says = re.findall(r"^# says: (.*)$", self.text, re.M)
        self.advises = re.findall(r"^# advises: (.*)$", self.text, re.M)
        self.advises_not = re.findall(r"^# advises not: (.*)$", self.text, re.M)
        self.folder = os.path.join(hs_test.scratch(), "%s-%s" % (self.name, firmware))

    def write(self, mended):
        """Writes the program, unless it is there: the doctor quotes a source that has not changed. Returns its folder."""
        folder = os.path.join(self.folder, "mended") if mended else self.folder
        os.makedirs(folder, exist_ok=True)
        parts = re.split(r"^#file (\S+)\n", self.mended() if mended else self.text, flags=re.M)
        for name, text in zip([self.name + ".py"] + parts[1::2], parts[::2]):
            path = os.path.join(folder, name)
            if not os.path.exists(path):
                with open(path, "w") as f:
                    f.write(text)
        return folder

    def run(self, mended=False, heap=None, trace=None, args=()):
        """Whether the program ran to its end. The trace of the original is written beside it."""
        folder = self.write(mended)
        done = hs_test.run_firmware(self.firmware, ["-X", "heapsize=%s" % (heap or self.heap), self.name + ".py", *args],
                                    cwd=folder, trace=trace)
        return done.status == 0

    def record(self):
        """As run() with a trace, by `record`, which notes where the sources are."""
        self.write(False)
        done = hs_test.cli("record", "-o", self.trace(), "--", hs_test.firmware(self.firmware), "-X", "heapsize=" + self.heap,
                           self.name + ".py", cwd=self.folder)
        self.said = done.err.decode(errors="replace")
        return done.status == 0

    def trace(self):
        return os.path.join(self.folder, "trace.hst")

    def examine(self, *args):
        """Runs the original. Returns whether it ended well, and doctor's first finding or None."""
        ended = self.run(trace=self.trace(), args=args) if args else self.record()
        self.status, value, self.error = hs_test.cli_json("doctor", self.trace())
        findings = (value or {}).get("findings", [])
        return ended, findings[0] if findings else None

    def mended(self):
        lines = [MENDED.sub(r"\1\3", line) for line in self.text.splitlines()]
        return "\n".join(lines) + "\n"


def tried(finding):
    """What trials of the advice came to."""
    return [re.sub(".*tried on this trace, ", "", n) for n in finding["next"] if "tried on this trace" in n]


def names_line(finding, program, line):
    words = " ".join([finding["verdict"]] + ([] if line.startswith("!") else finding["evidence"]))
    line = line.lstrip("!")
    place = line if ":" in line else "%s.py:%s" % (program.name, line)
    return re.search(r"\b%s\b" % re.escape(place), words) is not None


def says(finding, program):
    words = " ".join([finding["verdict"]] + finding["evidence"])
    advice = " ".join(finding["next"])
    return (all(s in words for s in program.says) and all(s in advice for s in program.advises)
            and not any(s in advice for s in program.advises_not))


def sarif(program, finding):
    """The diagnosis as a SARIF log: what its standard requires, and the line of the first finding."""
    value = json.loads(hs_test.cli("doctor", "--sarif", program.trace()).out)
    run = value["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    good = (value["version"] == "2.1.0" and len(value["runs"]) == 1 and len(set(rules)) == len(rules)
            and all(r["ruleId"] in rules and r["level"] in ("error", "warning", "note") and r["message"]["text"] for r in run["results"])
            and first["ruleId"] == finding["code"] and first["message"]["text"].startswith(finding["verdict"]))
    at = (urllib.parse.unquote(place["artifactLocation"]["uri"]), place.get("region", {}).get("startLine"))
    tap.check("%s: a SARIF log" % program.title, good and at == (finding["source"], finding["line"]) and finding["line"] > 0, value)


# What advice came to when it was carried out, over all programs: (name, whether it did what was said).
carried_out = {"smallest heap": [], "a tenth less fails": []}


def carry_out(program, finding):
    """Does what the doctor says that it has tried."""
    for advice in finding["next"]:
        heap = re.match(r"give the heap more than (\d+) bytes", advice)
        if heap:
            carried_out["smallest heap"].append((program.title, program.run(heap=heap[1])))
            carried_out["a tenth less fails"].append((program.title, not program.run(heap=int(heap[1]) * 9 // 10)))


def judge(program):
    ended, finding = program.examine()
    if program.code == "-":
        tap.check("%s: nothing is found" % program.title, program.status == 0 and not finding, (program.status, program.error, finding))
        return
    good = program.status == 1 and finding and finding["code"] == program.code
    good = good and all(names_line(finding, program, n) for n in program.lines) and says(finding, program)
    tap.check("%s: %s by line %s" % (program.title, program.code, program.lines), good, (program.status, program.error, finding))
    if "#| " in program.text:
        tap.check("%s: the original fails" % program.title, not ended)
        tap.check("%s: the mended one runs" % program.title, program.run(mended=True), program.mended())
    if good and program.code in TRIED and finding["severity"] == "problem":
        tap.check("%s: advice was tried" % program.title, tried(finding), finding)
        carry_out(program, finding)
    if good and program.firmware == "unix64":
        sarif(program, finding)


def exhaustion(firmware, name):
    """How many more collections a leak lasts, foretold from ten rounds, against the same program that is not stopped."""
    program = Program(os.path.join(HERE, "programs", name + ".py"), firmware)
    _, finding = program.examine()
    told = [int(n) for e in finding["evidence"] for n in re.findall(r"full after (\d+) more collections", e)]
    program.run(trace=program.trace(), args=["1000000"])
    _, value, _ = hs_test.cli_json("stat", program.trace())
    real = value["collections"] - 10
    tap.check("%s: full after %s more collections, within 20 %%" % (program.title, told),
              told and abs(told[0] - real) <= 0.2 * real, (told, real))


def on_board(name):
    """The same on a microcontroller's firmware, as QEMU models it: from the ring in its memory, without the sources."""
    program = Program(os.path.join(HERE, "programs", name + ".py"), hs_test.QEMU)
    program.write(False)
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU), boot_timeout=60) as board:
        _, failed = board.run(program.text, timeout=120)
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, program.trace())
        board.soft_reset()
        _, mended = board.run(program.mended(), timeout=120)
    _, value, error = hs_test.cli_json("doctor", program.trace())
    findings = (value or {}).get("findings") or [{"code": error, "verdict": "", "evidence": []}]
    words = " ".join([findings[0]["verdict"]] + findings[0]["evidence"])
    lines = [] if program.code == "HS-COLLECT-OFF" else program.lines  # that line is in the source only
    tap.check("%s: %s by line %s" % (program.title, program.code, lines), findings[0]["code"] == program.code and
              all(re.search(r"<stdin>:%s\b" % n, words) for n in lines), findings[0])
    tap.check("%s: the original fails, the mended one runs" % program.title, b"MemoryError" in failed and not mended, (failed, mended))


def same_words(name):
    """What `record` says at its end, and `blame` and `report` at their head, is the doctor's first finding, in the same words."""
    program = Program(os.path.join(HERE, "programs", name + ".py"), "unix64")
    program.record()
    _, value, _ = hs_test.cli_json("doctor", program.trace())
    finding = (value or {}).get("findings", [{"verdict": "?"}])[0]
    tap.check("%s: record ends with the doctor's sentence" % program.title, finding["verdict"] in program.said, (finding, program.said))
    for command in ("blame", "report"):
        _, value, _ = hs_test.cli_json(command, program.trace())
        told = (value or {}).get("finding") or ""
        tap.check("%s: %s has the same sentence" % (program.title, command), told.endswith(finding["verdict"]), (finding, told))


programs = [Program(path, firmware) for path in sorted(glob.glob(os.path.join(HERE, "programs", "*.py"))) for firmware in hs_test.UNIX]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    list(pool.map(judge, programs))
for name, results in carried_out.items():
    wrong = [title for title, good in results if not good]
    tap.check("advice carried out, %s: right in %d of %d, nine of ten at least" % (name, len(results) - len(wrong), len(results)),
              len(results) >= 5 and 10 * len(wrong) <= len(results), wrong)
for name in ("leak-list", "leak-dict", "leak-closure"):
    for firmware in hs_test.UNIX:
        exhaustion(firmware, name)
for name in ("growing-pages", "growing-pending", "growing-exceptions", "growing-set", "locked-format", "off-forgotten"):
    on_board(name)
for name in ("peak-join", "peak-upper", "peak-exec", "growing-attribute", "leak-list", "held-document", "off-setup"):
    same_words(name)
tap.finish()
