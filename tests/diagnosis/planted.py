# SPDX-License-Identifier: MIT
"""Programs with a planted cause, each with its right answer and its mended version.

The first line of a program says what is right: the code of doctor's first finding and the line that it must name, or "-" where
nothing may be found; !N must be in the sentence itself, =N the line that an editor opens; then the heap as @64BIT/32BIT (@64k/64k unless given). Comments after #| are the mended version: the line
becomes what follows. The original fails with this heap, the mended one runs to its end. A line "# says: WORDS" gives words that the
sentence or its evidence must have: who holds the memory; "# advises: WORDS" and "# advises not: WORDS" are for the advice. What follows "#file NAME" is another module of the program; a line in it
is written as NAME:N.

What the doctor says it has tried is tried here too, on the firmware: with the heap that is said to be the smallest the original
runs, and with a tenth less it fails."""
import base64
import concurrent.futures
import glob
import json
import os
import re
import sys
import urllib.parse
import zlib

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
        self.note = re.search(r"^# a note$", self.text, re.M) is not None
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

    def record(self, *args):
        """As run() with a trace, by `record`, which notes where the sources are."""
        self.write(False)
        done = hs_test.cli("record", *args, "-o", self.trace(), "--", hs_test.firmware(self.firmware), "-X", "heapsize=" + self.heap,
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
    if line.startswith("="):
        return finding["line"] == int(line[1:])
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
    good = program.status == (0 if program.note else 1) and finding and finding["code"] == program.code
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


def packed(page):
    """What a page has for its script."""
    with open(page, encoding="utf-8") as f:
        parts = re.findall(r'<script type="application/x-heapstrata">([^<]*)</script>', f.read())
    return b"".join(zlib.decompress(base64.b64decode(part), 47) for part in parts).decode(errors="replace")


def same_words(name):
    """What `record` says at its end, `blame` and `report` at their head, the page, and `top`, is the doctor's first finding, in the same
    words."""
    program = Program(os.path.join(HERE, "programs", name + ".py"), "unix64")
    program.record()
    _, value, _ = hs_test.cli_json("doctor", program.trace())
    verdict = (value or {}).get("findings", [{"verdict": "?"}])[0]["verdict"]
    page = os.path.join(program.folder, "page.html")
    hs_test.cli("html", "-o", page, program.trace())
    told = {"record": program.said, "page": packed(page)}
    for command in ("blame", "report"):
        told[command] = (hs_test.cli_json(command, program.trace())[1] or {}).get("finding") or ""
    looks = hs_test.cli("top", "--batch", "--json", program.trace()).out.splitlines() or [b"{}"]
    told["top"] = json.loads(looks[-1]).get("finding") or ""
    for command, text in told.items():
        tap.check("%s: %s has the doctor's sentence" % (program.title, command), verdict in text or json.dumps(verdict)[1:-1] in text,
                  (verdict, text[:2000]))


# Functions of which the numbers of variables are not known: what holds the data is named without a wrong name.
UNNUMBERED = {"brackets": ("W = H = 1\n\n\ndef main(size=(W, H), table=None, rounds=4000):\n    table = {}", "main()"),
              "one row": ("def main(rounds=4000):\n    if rounds > 1: n = 3\n    table = {}", "main()"),
              "annotation": ("def main(rounds=4000):\n    count: int = 0\n    table = {}", "main()"),
              "text": ("def main(rounds=4000):\n    print(f'reading the rows {rounds}')\n    table = {}\n    rows = None", "main()")}


def no_wrong_names():
    for name, (head, call) in UNNUMBERED.items():
        folder = os.path.join(hs_test.scratch(), "unnumbered", name.replace(" ", "-"))
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "names.py"), "w") as f:
            f.write("def block(i):\n    return bytearray(32)\n\n\n%s\n    for i in range(rounds):\n        table[i] = block(i)\n\n\n%s\n" % (head, call))
        hs_test.cli("record", "-o", "trace.hst", "--", hs_test.firmware("unix64"), "-X", "heapsize=64k", "names.py", cwd=folder)
        _, value, _ = hs_test.cli_json("doctor", os.path.join(folder, "trace.hst"))
        verdict = ((value or {}).get("findings") or [{"verdict": ""}])[0]["verdict"]
        named = re.search(r"(?:the local variable|the argument) (\w+) of main", verdict)
        tap.check("variables of main, %s: none has a wrong name" % name, " of main " in verdict and (not named or named[1] == "table"), verdict)


def by_sums():
    """At level summary the finding names the line that requested most, and does not say why it failed."""
    program = Program(os.path.join(HERE, "programs", "growing-log.py"), "unix64")
    program.folder += "-summary"
    program.record("--level", "summary")
    finding = first_finding(program)
    tap.check("level summary: the line that requested most", "growing-log.py:8 note requested most" in finding["verdict"] and
              finding["code"] == "HS-HEAP-FAILED" and finding["line"] == int(program.lines[0]), finding)


def first_finding(program):
    _, value, error = hs_test.cli_json("doctor", program.trace())
    return ((value or {}).get("findings") or [{"code": "-", "verdict": error, "line": 0}])[0]


# What a trace with less in it has to say: options of `record`, the least number of right answers. Samples differ from run to run.
LESSER = {"sampled": (["--level", "sampled"], 10), "summary": (["--level", "summary"], 4), "ring of 4 KB": (["--ring", "4K"], 13),
          "ring of 8 KB": (["--ring", "8K"], 16), "ring of 16 KB": (["--ring", "16K"], 16)}
LESS = ("full-floats", "full-weights", "full-lexicon", "growing-cache", "growing-subscribers", "growing-set", "growing-beside", "growing-log",
        "held-decoder", "held-document", "held-text", "large-image", "locked-format", "off-forgotten", "peak-join", "peak-read-lines",
        "peak-slice", "peak-string", "pieces-orders", "pieces-names", "healthy-cache", "steady-queue")


def lesser(kind, args, least):
    """With less in the trace the doctor says the same as of the whole one, or that the trace does not say why: no other cause."""
    right, wrong = [], []
    for name in LESS:
        program = Program(os.path.join(HERE, "programs", name + ".py"), "unix64")
        program.folder += "-" + kind.replace(" ", "-")
        program.record(*args)
        finding = first_finding(program)
        if finding["code"] == program.code:
            right.append(name)
        elif finding["code"] != "HS-HEAP-FAILED" or "does not say why" not in finding["verdict"]:
            wrong.append((name, finding))
    # By chance a sample may miss what decides.
    tap.check("%s: no wrong cause in %d programs" % (kind, len(LESS)), len(wrong) <= (kind == "sampled"), wrong)
    tap.check("%s: the right cause in %d, %d at least" % (kind, len(right), least), len(right) >= least, right)


# Programs of which a ring of 1 KB has the failure, but no snapshot of the heap.
NO_SNAPSHOT = ("growing-exceptions", "growing-log", "growing-subscribers", "growing-set", "growing-cache", "peak-join")


def no_snapshot():
    """Where nothing says which blocks were in the heap, no cause is said that rests on them."""
    codes = {}
    for name in NO_SNAPSHOT:
        program = Program(os.path.join(HERE, "programs", name + ".py"), "unix32")
        program.folder += "-no-snapshot"
        program.record("--ring", "1K")
        codes[name] = first_finding(program)["code"]
    failed = [name for name, code in codes.items() if code == "HS-HEAP-FAILED"]
    tap.check("no snapshot: no cause in %d programs" % len(codes), set(codes.values()) <= {"HS-HEAP-FAILED", "HS-RING-SMALL"}, codes)
    tap.check("no snapshot: the failure is there in most", 2 * len(failed) > len(codes), codes)


def found_in_ring(name, size, refs=None):
    """The first finding about a ring of `size`."""
    program = Program(os.path.join(HERE, "programs", name + ".py"), "unix64")
    program.folder += "-ring-" + size + (refs or "")
    env = dict(hs_test.SANITIZERS, **({} if refs is None else {"HEAPSTRATA_REFS": refs}))
    program.write(False)
    hs_test.run([hs_test.NATIVE, "record", "--ring", size, "-o", program.trace(), "--", hs_test.firmware(program.firmware), "-X",
                 "heapsize=" + program.heap, program.name + ".py"], env=env, cwd=program.folder)
    return first_finding(program)


def advice_of_ring(name, size, refs):
    finding = found_in_ring(name, size, refs)
    return finding["code"], " ".join(finding.get("next", []))


def pushed_out():
    """References at a failure may push it out of the ring, or all but the failures of the exception."""
    for name, size in (("full-lexicon", "4K"), ("full-board", "4K"), ("growing-lines", "16K"), ("full-tiles", "16K")):
        finding = found_in_ring(name, size, "fail")
        said = finding["code"].startswith("HS-HEAP-") or "a failed allocation perhaps" in finding["verdict"]
        tap.check("%s: a ring of %s with references: the failure is not passed over" % (name, size), said, finding)


def nothing_done_before():
    """What was done already is not advised: a ring as large as the one of the trace, references that are in it."""
    code, advice = advice_of_ring("growing-forever", "16K", "fail")
    tap.check("references in a ring of 16 KB: a larger one", code == "HS-HEAP-FAILED" and "larger ring, of 32 KB" in advice and
              "HEAPSTRATA_REFS" not in advice, (code, advice))
    code, advice = advice_of_ring("full-history", "32K", "")
    tap.check("a ring of 32 KB: one of 64 KB, with references", code == "HS-HEAP-FAILED" and "ring of 64 KB" in advice and
              "an empty HEAPSTRATA_REFS leaves them out" in advice, (code, advice))


def references_unasked():
    """A ring has the references at a failure too; those of small requests that fail next do not push them out."""
    for name, code in (("held-camera", "HELD"), ("held-closure", "HELD"), ("full-frames", "FULL"), ("growing-log", "GROWING"),
                       ("growing-tasks", "GROWING"), ("full-signs", "FULL")):
        finding = found_in_ring(name, "16K")
        tap.check("%s: a ring of 16 KB tells the cause" % name, finding["code"] == "HS-HEAP-" + code, finding)


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
for name in ("peak-join", "peak-upper", "peak-exec", "growing-attribute", "leak-list", "held-document", "held-buffer", "off-setup"):
    same_words(name)
no_wrong_names()
by_sums()
for kind, (args, least) in LESSER.items():
    lesser(kind, args, least)
no_snapshot()
nothing_done_before()
pushed_out()
references_unasked()
tap.finish()
