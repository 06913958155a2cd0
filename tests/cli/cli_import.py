# SPDX-License-Identifier: MIT
"""import: an image among other bytes, a stream, and a console's log become traces that say the same."""
import base64
import os
import random
import struct
import zlib

import hs_test
from cli_record import PROGRAMS, record


def path(name):
    return os.path.join(hs_test.scratch(), name)


def same(cli, what, a, b, status=0):
    done, _, err = cli.out("import", a, "-o", path("imported.hst"))
    cli.check(what + " is taken", done == status, err)
    cli.check(what + " says the same", cli.out("dump", path("imported.hst"))[1] == cli.out("dump", b)[1])
    return err


def image(cli):
    ring = path("ring.bin")
    if not os.path.exists(ring):
        hs_test.run_firmware("unix64", ["-X", "heapsize=128k", "marks.py"], ring=ring + ":64k", cwd=PROGRAMS)
    with open(ring, "rb") as f:
        return ring, f.read()


def log(data, shuffle=False, zeroes=True):
    lines = ["HS:%x %s %08x" % (at, base64.b64encode(data[at:at + 45]).decode(),
                                zlib.crc32(struct.pack("<I", at) + data[at:at + 45]))
             for at in range(0, len(data), 45) if zeroes or any(data[at:at + 45])]
    if shuffle:
        random.Random(1).shuffle(lines)
    size = "%d %08x" % (len(data), zlib.crc32(data))
    return ["boot messages", "HS:BEGIN " + size] + lines + ["HS:END " + size, ">>> "]


def write(name, lines, prefix=""):
    with open(path(name), "w", encoding="utf-8", newline="") as f:
        f.write("\r\n".join(prefix + line for line in lines) + "\r\n")
    return path(name)


def case_image(cli):
    ring, data = image(cli)
    same(cli, "an image", ring, ring)
    with open(path("probe.bin"), "wb") as f:
        f.write(os.urandom(1001) + data + os.urandom(333))
    same(cli, "an image among other bytes", path("probe.bin"), ring)
    trace, _ = record(cli, "marks")
    same(cli, "a .hst", trace, trace)


def case_log(cli):
    ring, data = image(cli)
    same(cli, "a console's log", write("console.log", log(data)), ring)
    same(cli, "a log with time stamps, out of order, without zeroes",
         write("stamped.log", log(data, shuffle=True, zeroes=False)[1:][:1] + log(data, True, False)[2:], "12:34:56.789 I "), ring)
    lines = log(data)
    n = next(i for i in range(20, len(lines)) if data[45 * (i - 2):45 * (i - 1)].strip(b"\0"))
    lines[n] = lines[n][:30] + "?" + lines[n][31:]
    status, _, err = cli.out("import", write("damaged.log", lines), "-o", path("part.hst"))
    cli.check("a damaged line is reported, the rest imported",
              status == 2 and "1 lines are damaged" in err and os.path.exists(path("part.hst")), err)


def case_standard_input(cli):
    ring, data = image(cli)
    for name in (ring, write("console.log", log(data))):
        with open(name, "rb") as f:
            done = hs_test.run([hs_test.CLI, "import", "-", "-o", path("piped.hst")], stdin=f)
        cli.check("from standard input", done.status == 0
                  and cli.out("dump", path("piped.hst"))[1] == cli.out("dump", ring)[1], done.err)


def case_refused(cli):
    ring, _ = image(cli)
    empty = write("empty.txt", [])
    for what, args in (("text", [write("text.txt", ["hello", "HS:END 0", "HS:0 Zm9v 8c736521"])]), ("nothing", [empty]),
                       ("no such file", [path("none")]), ("itself", [ring, "-o", ring])):
        status, _, err = cli.out("import", *(args if "-o" in args else args + ["-o", path("none.hst")]))
        cli.check("refused: " + what, status == 2 and err.startswith("heapstrata import: ")
                  and not os.path.exists(path("none.hst")), err)
