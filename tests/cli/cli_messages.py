# SPDX-License-Identifier: MIT
"""Messages name the file and what to do next."""
import gzip
import os
import re

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
    for command in ("report", "doctor"):
        done = hs_test.cli(command, "--elf", "x.hst", cwd=folder)
        cli.check("%s: the trace is taken by --elf" % command, done.status == 2 and b"x.hst is what --elf takes" in done.err, done.err)


def case_record(cli):
    board = put("board.elf", b"\x7fELF" + bytes(60))
    os.chmod(board, 0o755)
    out = os.path.join(os.path.dirname(board), "out.hst")
    for name, args, words in (
            ("a firmware without hooks", ["--", "true"], ("true gave no trace", "docs/building.md")),
            ("a firmware that ends at once", ["--", "false"], ("false ended with status 1", "printed is above", "docs/building.md")),
            ("arguments that the firmware refuses", ["--", hs_test.firmware("unix64"), "-X", "heapsize=foo", __file__],
             ("ended with status 1 before it recorded",)),
            ("a folder as firmware", ["--", os.path.dirname(board), "x.py"], ("it is a folder",)),
            ("a folder in this one as firmware", ["--", "tests", "x.py"], ("tests: it is a folder",)),
            ("a firmware for another computer", ["--", board, "x.py"], (board, "record --serial")),
            ("no such firmware", ["--", "no-such-firmware", "x.py"], ("no-such-firmware", "make micropython")),
            ("no script for a board", ["--serial", "/dev/ttyACM0"], ("record --serial DEVICE SCRIPT.py",)),
            ("no such port", ["--serial", "/dev/no-such-port", __file__], ("/dev/no-such-port", "plugged in")),
            ("a port that is none", ["--serial", "/dev/null", __file__], ("/dev/null", "no serial port")),
            ("a stream that is none", ["--stream", board], (board, "heapstrata.stream()"))):
        status, _, err = cli.out("record", "-o", out, *args)
        cli.check("%s: what to do" % name, status == 2 and all(word in err for word in words) and not os.path.exists(out), (status, err))
    done = hs_test.run([hs_test.NATIVE, "record", "-o", out, "--", "true"], env={"TMPDIR": "/no/such/folder"})
    cli.check("no folder for temporary files: what to do", done.status == 2 and b"/no/such/folder" in done.err and b"TMPDIR" in done.err, done.err)


def kept(path, data):
    with open(path, "rb") as f:
        return f.read() == data


def case_precious(cli):
    """A wrong name after -o destroys no work: sources, documents, firmware and programs stay; earlier output is replaced."""
    trace = cli.trace("fragment")
    imported = put("imported.hst", b"")
    cli.out("import", trace, "-o", imported)
    with open(imported, "rb") as f:
        hst = f.read()
    record = ["record", "-q", "--", hs_test.firmware("unix64"), os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs", "grow.py")]
    commands = {"record": record[:1] + ["-o", "{}"] + record[1:], "html": ["html", trace, "-o", "{}"], "import": ["import", trace, "-o", "{}"],
                "timeline": ["timeline", "--svg", "{}", trace], "map": ["map", "--png", "{}", trace], "export": ["export", "-f", "folded", "-o", "{}", trace]}
    for command, args in commands.items():
        if "CAIRO" in hs_test.LACKS and command in ("timeline", "map"):
            continue
        traces = command in ("record", "import")
        refused = {"lib.py": b"x = 1\n", "main.C": b"int x;\n", "README.md": b"# words\n", "board.uf2": b"words", "ring.bin": b"\0" * 40,
                   "Makefile": b"all:\n", "mp": b"\x7fELF" + bytes(60), "tool": b"#!/bin/sh\n"}
        refused.update({"notes.txt": b"words\n", "data.json": b"{}\n"} if traces else {"old.hst": hst})
        for name, data in refused.items():
            path = put(name, data)
            status, _, err = cli.out(*[a.format(path) for a in args])
            cli.check("%s does not replace %s" % (command, name), status == 2 and kept(path, data) and path in err and "Name another file" in err, err)
        link = os.path.join(os.path.dirname(path), "link-" + command)
        os.symlink("lib.py", link)
        status, _, err = cli.out(*[a.format(link) for a in args])
        cli.check("%s: nor through a link" % command, status == 2 and kept(link, refused["lib.py"]) and link in err, err)
        for name, data in {"empty.py": b"", "x": b"words\n", "trace.dat": b"words\n", **({"old.hst": hst[:40], "old.bin": hst[:40]} if traces else {"old.html": b"<p>", "old.txt": b"a 1\n"})}.items():
            path = put(name, data)
            status, _, err = cli.out(*[a.format(path) for a in args])
            cli.check("%s replaces %s" % (command, name), status == 0 and not kept(path, data), (status, err))


def case_forgotten(cli):
    """The value of an option is forgotten: what follows is not taken for it."""
    trace = cli.trace("fragment")
    folder = os.path.dirname(put("forgotten", b""))
    before = sorted(os.listdir(folder))
    for args in (["record", "-o", "--", hs_test.firmware("unix64"), "x.py"], ["html", trace, "-o", "--elf", "x"], ["timeline", trace, "--svg", "--"],
                 ["import", trace, "-o", "--"], ["export", "-f", "csv", "-o", "--", trace], ["annotate", "--source", "--", trace]):
        done = hs_test.cli(*args, cwd=folder)
        cli.check("%s: a name that was forgotten" % " ".join(args).replace(trace, "TRACE").replace(args[-2], os.path.basename(args[-2])),
                  done.status == 2 and b"was it forgotten?" in done.err and sorted(os.listdir(folder)) == before, done.err)
    done = hs_test.cli("html", trace, "-o", "./--page", cwd=folder)
    cli.check("a file of such a name can be written", done.status == 0 and os.path.exists(os.path.join(folder, "--page")), done.err)
    cli.check("-h: what is meant", "-? or --help" in cli.out("report", "-h")[2])


def case_words(cli):
    """One record is no records, and a rate has all its digits."""
    with open(cli.trace("fragment"), "rb") as f:
        data = f.read()
    said = [re.findall(r"Salvaged: (\d+) (\w+) of (\d+) (\w+)", cli.out("stat", put("cut.hst", data[:length]))[2]) for length in range(200, len(data), len(data) // 60)]
    said = [s for found in said for s in found]
    cli.check("one is singular", len(said) > 20 and {s[2] for s in said} > {"1"} and all((n == "1") == (word == one) for s in said
              for n, word, one in ((s[0], s[1], "record"), (s[2], s[3], "packet"))), said)
    script = put("rate.py", b"import gc\nlog = []\nfor c in range(40):\n    for i in range(4):\n        log.append(bytes(200))\n    gc.collect()\n")
    trace = put("rate.hst", b"")
    hs_test.run_firmware("unix64", ["-X", "heapsize=100k", script], trace=trace)
    out = cli.out("doctor", trace)[1]
    cli.check("bytes a second in plain digits", re.search(r"\d{4,} bytes a second of this line", out) and "e+" not in out, out)
    said = " ".join(hs_test.run([hs_test.NATIVE, "help", "record"]).out.decode().split())
    cli.check("help and docs/stock.md agree on the time that samples take", "4 % of the time at most" in said, said)
