# SPDX-License-Identifier: MIT
"""Messages name the file and what to do next."""
import gzip
import os

import hs_test


def put(name, data):
    path = os.path.join(hs_test.scratch(), "messages", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    return path


def case_inputs(cli):
    with open(cli.trace("fragment"), "rb") as f:
        data = f.read()
    packed, empty, text = put("packed.gz", gzip.compress(data)), put("empty.hst", b""), put("text.hst", b"not a trace\n")
    folder = os.path.dirname(empty)
    for name, args, words in (("a compressed file", ["stat", packed], (packed, "gunzip")), ("an empty file", ["report", empty], (empty, "Record again")),
                              ("a text", ["stat", text], (text, "is text, not a trace", "heapstrata record")),
                              ("a text for the doctor", ["doctor", text], (text, "is text in which there is nothing that the doctor knows")),
                              ("an empty import", ["import", empty, "-o", text + ".new"], (empty, "Record again"))):
        status, out, err = cli.out(*args)
        cli.check("%s: what to do" % name, status == 2 and not out and all(word in err for word in words), err)
    for command in ("stat", "report", "html", "doctor"):
        done = hs_test.cli(command, cwd=folder)
        cli.check("%s without a trace: what to do" % command, done.status == 2 and b"no trace is named, and there is no heapstrata.hst" in done.err
                  and b"heapstrata record" in done.err, done.err)


def case_record(cli):
    board = put("board.elf", b"\x7fELF" + bytes(60))
    os.chmod(board, 0o755)
    out = os.path.join(os.path.dirname(board), "out.hst")
    for name, args, words in (
            ("a firmware without hooks", ["--", "true"], ("true gave no trace", "docs/building.md")),
            ("a firmware for another computer", ["--", board, "x.py"], (board, "record --serial")),
            ("no such firmware", ["--", "no-such-firmware", "x.py"], ("no-such-firmware", "make micropython")),
            ("no script for a board", ["--serial", "/dev/ttyACM0"], ("record --serial DEVICE SCRIPT.py",)),
            ("no such port", ["--serial", "/dev/no-such-port", __file__], ("/dev/no-such-port", "plugged in")),
            ("a port that is none", ["--serial", "/dev/null", __file__], ("/dev/null", "no serial port")),
            ("a stream that is none", ["--stream", board], (board, "heapstrata.stream()"))):
        status, _, err = cli.out("record", "-o", out, *args)
        cli.check("%s: what to do" % name, status == 2 and all(word in err for word in words) and not os.path.exists(out), (status, err))
    done = hs_test.run([hs_test.CLI, "record", "-o", out, "--", "true"], env={"TMPDIR": "/no/such/folder"})
    cli.check("no folder for temporary files: what to do", done.status == 2 and b"/no/such/folder" in done.err and b"TMPDIR" in done.err, done.err)
