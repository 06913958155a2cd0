# SPDX-License-Identifier: MIT
"""A trace from a stranger: it may name any file of this computer, steer a terminal, be a formula, or claim to be huge."""
import json
import os
import re
import shutil
import subprocess
import tempfile

import hs_commands
import hs_test

MUTATE = os.path.join(hs_test.BUILD, "tests", "fuzz", "mutate")
SECRET = "the secret key"
HOME = "state"


def cli(bench, *args, **more):
    """The CLI of a user with a state folder of his own."""
    env = {**hs_test.SANITIZERS, "XDG_STATE_HOME": bench.path(HOME), "LD_PRELOAD": ""}
    return hs_test.run([hs_test.NATIVE if args[0] == "record" else hs_test.CLI] + list(args), env=env, **more)


def shows(bench, trace, *args, **more):
    """What annotate and html show of local files: their texts."""
    page = bench.path("stranger.html")
    html = cli(bench, "html", trace, "-o", page, *args, **more)
    with open(page, encoding="utf-8") as f:
        text = f.read()
    done = cli(bench, "annotate", trace, *args, **more)
    return done.out.decode(errors="replace"), text, html, done


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def sources_in(page):
    """How many sources a page has: each is a text of its own in the data."""
    return page.count("the secret key") + page.count("bytearray(77)")


def case_local_files(bench):
    """Recorded here and unchanged: its own sources, else none without --source, and none outside that folder."""
    folder = bench.folder("project")
    shutil.rmtree(bench.path(HOME), ignore_errors=True)
    script = write(os.path.join(folder, "own.py"), "def make():\n    return [bytearray(77) for i in range(9)]\nkept = make()\n")
    trace = os.path.join(folder, "own.hst")
    done = cli(bench, "record", "-q", "-o", trace, hs_test.firmware("unix64"), "own.py", cwd=folder)
    text = shows(bench, trace, cwd=folder)[0]
    bench.check("a trace recorded here shows its source", done.status == 0 and "bytearray(77)" in text, (done.err, text))
    key = bench.path(HOME, "heapstrata", "key")
    bench.check("the key is the user's alone", os.stat(key).st_mode & 0o777 == 0o600)
    stranger = os.path.join(folder, "stranger.hst")
    with open(trace, "rb") as f, open(stranger, "wb") as g:
        data = f.read()
        g.write(data)
    bench.check("a copy of it is the same trace", "bytearray(77)" in shows(bench, stranger, cwd=folder)[0])
    with open(stranger, "ab") as g:
        g.write(b"x")
    bench.check("a changed trace shows none", "bytearray(77)" not in shows(bench, stranger, cwd=folder)[0])
    bench.check("with --source it does", "bytearray(77)" in shows(bench, stranger, "--source", folder)[0])
    write(script, "def make():\n    return [bytearray(77) for i in range(8)]  # " + SECRET + "\nkept = make()\n")
    bench.check("a source changed since is not shown", SECRET not in shows(bench, trace, cwd=folder)[0])
    os.unlink(key)
    write(script, "def make():\n    return [bytearray(77) for i in range(9)]\nkept = make()\n")
    bench.check("without the key no trace is known", "bytearray(77)" not in shows(bench, trace, cwd=folder)[0])


def hostile(bench, name):
    """A stream whose script has `name`, made by the firmware under a name of the same length."""
    folder = bench.folder("hostile")
    plain = "x" * len(name)
    write(os.path.join(folder, plain), "kept = [bytearray(77) for i in range(9)]\n")
    stream, out = os.path.join(folder, "stream"), os.path.join(folder, "hostile.stream")
    hs_test.run_firmware("unix64", [plain], trace=stream, cwd=folder)
    subprocess.run([MUTATE, "replace", plain, name, stream, out], check=True)
    return out


def case_files_that_the_trace_names(bench):
    """In a folder with a short name: the firmware shortens a script's name that is longer than a text can be."""
    with tempfile.TemporaryDirectory() as folder:
        check_names_of_others(bench, os.path.join(folder, "outside"), os.path.join(folder, "tree"))


def check_names_of_others(bench, outside, project):
    secret = write(os.path.join(outside, "secret.key"), SECRET + "\n")
    os.makedirs(project)
    os.symlink(secret, os.path.join(project, "secret.key"))
    os.symlink(outside, os.path.join(project, "inner"))
    for name in (secret, "../outside/secret.key", "inner/secret.key", "secret.key"):
        trace = hostile(bench, name)
        dumped = cli(bench, "dump", "--dict", trace)
        bench.check("the trace names %s" % os.path.basename(name), name.encode() in dumped.out, dumped.out[-500:])
        for what, args, cwd in (("alone", (), project), ("in its folder", (), outside), ("with --source", ("--source", project), "/"),
                                ("with --source .", ("--source", "."), project)):
            text, page, _, done = shows(bench, trace, *args, cwd=cwd)
            bench.check("%s, %s: not shown" % (os.path.join(*name.split(os.sep)[-2:]), what), SECRET not in text and SECRET not in page,
                        (text[-300:], done.err))


CONTROLS = {"escape": b"\x1b[2J\x1b[31m", "C1": b"\x9b31m\x9b2J\x9d", "UTF-8 of C1": "\u009b\u009d\u0085".encode() + b"12345",
            "direction": "\u202e\u2066\u200f".encode(), "formula": b"=1+1 -cmd"}
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff]")


def case_nothing_steers_the_terminal(bench):
    """In the place of a mark, a file, a function, a region's name, and facts."""
    with open(bench.path("small.stream"), "rb") as f:
        data = f.read()
    for word in (b"ready", b"small.py", b"<module>", b"heap", b"micropython", b"linux", b"__main__", b"sys"):
        if word not in data:
            bench.check("the trace has %s" % word.decode(), word in (b"heap", b"sys"))
            continue
        for what, bytes_ in CONTROLS.items():
            new = (bytes_ * 3)[:len(word)]
            out = bench.path("controls.stream")
            subprocess.run([MUTATE.encode(), b"replace", word, new, bench.path("small.stream").encode(), out.encode()], check=True)
            bad = []
            for name, args in hs_commands.PRINTERS:
                if name.startswith("top"):
                    continue
                done = hs_test.run([hs_test.CLI] + hs_commands.fill(args, trace=out, other=out, out="none"))
                text = (done.out + done.err).decode(errors="surrogateescape")
                found = FORBIDDEN.search(text)
                if found:
                    bad.append("%s: %r" % (name, text[max(0, found.start() - 60):found.end() + 20]))
                if what == "formula" and "csv" in name and re.search(r'(^|,)"?[=@+]', text, re.M):
                    bad.append("%s: a formula: %r" % (name, text[:300]))
            bench.check("%s for %s: nothing in what %d commands print" % (what, word.decode(), len(hs_commands.PRINTERS)), not bad, "\n".join(bad[:5]))
            if what == "formula":
                done = hs_test.cli("export", "-f", "csv", out)
                bench.check("no formula in the export", not re.search(rb'(^|,)"?[=@+]', done.out, re.M), done.out[:300])


def case_json_keeps_the_text(bench):
    out = bench.path("json.stream")
    subprocess.run([MUTATE.encode(), b"replace", b"ready", "\u202e".encode() + b"\x1bx", bench.path("small.stream").encode(), out.encode()], check=True)
    done = hs_test.cli("marks", "--json", out)
    json.loads(done.out)
    bench.check("JSON has it as escapes", b'"\\u202e\\u001bx"' in done.out, done.out[-700:])
