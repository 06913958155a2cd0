# SPDX-License-Identifier: MIT
"""checks.c on each core of hs_cores.py, in each build, against the same program on the host."""
import os
import re
import struct
import subprocess
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools"))
import hs_cores
import hs_test

PORT = '-DHS_PORT_HEADER="tests/cores/port.h"'
SOURCES = ["tests/cores/%s.c" % name for name in ("checks", "check", "heap", "load", "verify")] + hs_cores.LIB
BUILDS = {
    "everything": ["-O2"],
    "least": ["-Os", "-DHS_STREAM=0", "-DHS_EXPLICIT=0", "-DHS_CRC_TABLE=16"],
    "stacks": ["-Os", "-DHS_STACKS=1"],
}
LINE = re.compile(r"^(ok|not ok) - (.*)$")


class Outcome:
    """What the program printed: lines of checks with the notes in front of them, images by name."""

    def __init__(self, done):
        self.status, self.checks, self.images = done.status, [], {}
        notes, image = [], None
        for line in done.out.decode(errors="replace").splitlines():
            match = LINE.match(line)
            if match:
                self.checks.append((match.group(2), match.group(1) == "ok", "\n".join(notes)))
                notes = []
            elif line.startswith("image "):
                image = self.images.setdefault(line[6:], bytearray())
            elif line == "end":
                image = None
            elif image is not None:
                image += bytes.fromhex(line)
            else:
                notes.append(line.removeprefix("# "))
        self.rest = "\n".join(notes)


def on_host(build, folder):
    program = os.path.join(folder, "host")
    subprocess.run(["gcc", "-std=gnu11", "-g", *hs_cores.WARNINGS, "-I.", PORT, *BUILDS[build], "-o", program,
                    "tests/cores/machine_host.c", *SOURCES], cwd=hs_test.ROOT, check=True)
    return Outcome(hs_test.run([program], cwd=folder))


def on_core(core, build, folder):
    elf = core.link(os.path.join(folder, "checks.elf"), SOURCES, PORT, *BUILDS[build])
    return Outcome(core.run(elf, cwd=folder))


# Of struct hs_ring_header: where hs_anchor is, and whether pointers have 8 bytes, is the machine's own affair.
HEADER_SIZE, FLAGS, NOTES, CHECK, ANCHOR, FACTS, POINTERS_64 = 10, 36, 38, 40, 48, 56, 2


def common_form(image):
    """The image with those two as 0 everywhere; None when the header's check does not match."""
    if len(image) < FACTS:
        return None
    header_size, = struct.unpack_from("<H", image, HEADER_SIZE)
    if struct.unpack_from("<I", image, CHECK)[0] != zlib.crc32(image[FACTS:header_size], zlib.crc32(image[:NOTES])):
        return None
    same = bytearray(image)
    same[ANCHOR:ANCHOR + 8] = bytes(8)
    same[FLAGS] &= ~POINTERS_64
    same[CHECK:CHECK + 4] = bytes(4)
    return bytes(same)


def compare(tap, name, image, expected, folder):
    ours, theirs = common_form(image), common_form(expected)
    where = next((i for i, (a, b) in enumerate(zip(ours or b"", theirs or b"")) if a != b), None)
    tap.check("%s: to the byte what the host makes" % name, ours and theirs and ours == theirs,
              "%d and %d bytes, first difference at %s" % (len(image), len(expected), where))
    here, there = read(image, folder), read(expected, folder)
    tap.check("%s: the host reads it as its own" % name, here == there and here[0] == here[2] == 0,
              "\n".join(str(part) for part in (here if here[0] or here[2] else zip(here, there))))


def read(image, folder):
    """What the host's commands make of an image: (status, text) of dump, (status, figures) of stat."""
    path = os.path.join(folder, "image.bin")
    with open(path, "wb") as f:
        f.write(image)
    dump = hs_test.cli("dump", path)
    status, figures, errors = hs_test.cli_json("stat", path)
    (figures or {}).pop("pointer_bytes", None)
    return dump.status, (dump.out + dump.err).decode(errors="replace"), status, figures or errors


def report(tap, name, outcome):
    for text, good, notes in outcome.checks:
        tap.check("%s: %s" % (name, text), good, notes)
    failed = any(not good for _, good, _ in outcome.checks)
    tap.check("%s: ran to its end" % name, outcome.checks and outcome.status == (1 if failed else 0),
              "status %s (3: a fault)\n%s" % (outcome.status, outcome.rest))


def main():
    tap = hs_test.Tap()
    for build in BUILDS:
        folder = os.path.join(hs_test.scratch(), build)
        os.makedirs(folder, exist_ok=True)
        host = on_host(build, folder)
        report(tap, "host, %s" % build, host)
        for core in hs_cores.CORES.values():
            name = "%s, %s" % (core.title, build)
            if not tap.check("%s: compiler and emulator" % name, not core.missing(), core.missing()):
                continue
            try:
                outcome = on_core(core, build, folder)
            except RuntimeError as error:
                tap.check("%s: builds without a warning" % name, False, error)
                continue
            report(tap, name, outcome)
            tap.check("%s: the same checks as on the host" % name, [c[0] for c in outcome.checks] == [c[0] for c in host.checks])
            tap.check("%s: as many images as the host" % name, host.images and outcome.images.keys() == host.images.keys())
            for image in outcome.images.keys() & host.images.keys():
                compare(tap, "%s, image %s" % (name, image), bytes(outcome.images[image]), bytes(host.images[image]), folder)
    tap.finish()


if __name__ == "__main__":
    main()
