# SPDX-License-Identifier: MIT
"""record: a program's output, status and signals; and a board's trace over its console."""
import os
import shutil
import signal
import subprocess
import threading
import time

import hs_test

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
made = {}


def record(cli, program, *args, firmware="unix64", options=(), name=None):
    """(path of the trace, what was seen) of a program run under `heapstrata record`; kept for the next caller."""
    key = (program, args, firmware, tuple(options))
    if key not in made:
        trace = os.path.join(hs_test.scratch(), name or "record-%d.hst" % len(made))
        made[key] = trace, hs_test.run(
            [hs_test.NATIVE, "record", "-o", trace, *options, "--", hs_test.firmware(firmware), "-X", "heapsize=128k",
             program + ".py", *args], cwd=PROGRAMS)
    return made[key]


def shown(*args, **environment):
    """What the CLI prints in another environment; nothing when it fails."""
    done = hs_test.run([hs_test.CLI, *args], env={**hs_test.SANITIZERS, **environment})
    return done.out.decode() if done.status == 0 else ""


def case_program(cli):
    trace, done = record(cli, "marks", "one", "two")
    cli.check("output and arguments are passed on", b"arguments ['one', 'two']" in done.out, done.out)
    cli.check("status is passed on", done.status == 5, done.status)
    cli.check("a line at the end", b"packets" in done.err and trace.encode() in done.err, done.err)
    s = cli.json("stat", trace)
    cli.check("a whole trace", s["marks"] == 5 and not s["warnings"], s)
    _, done = record(cli, "marks", options=("--quiet",))
    cli.check("quiet", done.err == b"" and done.status == 3, done.err)


def case_ring(cli):
    trace, done = record(cli, "marks", options=("--ring", "256K"))
    s = cli.json("stat", trace)
    cli.check("a ring large enough holds all", done.status == 3 and s["marks"] == 5, s)
    trace, done = record(cli, "marks", options=("--ring", "8K"))
    status, out, _ = cli.out("dump", "--kind", "mark", trace)
    cli.check("a small one holds the end", "printed" in out, out)


def case_interrupted(cli):
    trace = os.path.join(hs_test.scratch(), "interrupted.hst")
    folder = os.path.join(hs_test.scratch(), "temporary")
    os.makedirs(folder, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        child = subprocess.Popen([hs_test.NATIVE, "record", "-o", trace, hs_test.firmware("unix64"), "marks.py", "loop"],
                                 cwd=PROGRAMS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env={**os.environ, "TMPDIR": folder})
        while b"looping" not in child.stdout.readline():
            pass
        time.sleep(0.2)
        child.send_signal(number)
        err = child.communicate(timeout=30)[1]
        s = cli.json("stat", trace)
        cli.check("%s leaves a trace" % number.name, s.get("marks") == 5, (s, err))
        if number == signal.SIGINT:
            cli.check("KeyboardInterrupt reaches the script", b"KeyboardInterrupt" in err and child.returncode == 1, err)
        else:
            cli.check("a signal's status", child.returncode == 128 + number, child.returncode)
    cli.check("no temporary folder is left", not os.listdir(folder), os.listdir(folder))


def case_script_alone(cli):
    """A firmware forgotten: what to type is said, and it works."""
    trace = os.path.join(hs_test.scratch(), "alone.hst")
    done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "grow.py"], cwd=PROGRAMS)
    lines = [line.split("(")[0].split() for line in done.err.decode().splitlines() if line.startswith("  heapstrata record")]
    cli.check("record SCRIPT says what to type", done.status == 2 and len(lines) == 2 and lines[0][-1] == "grow.py"
              and "--serial" in lines[1] and not os.path.exists(trace), done.err)
    again = hs_test.run([hs_test.NATIVE, "record", "-o", trace] + lines[0][2:], cwd=PROGRAMS)
    cli.check("... which works, where the firmware is built", again.status == 0 or "FIRMWARE" in lines[0], again.err)


def case_first_use(cli):
    """asyncio is there; why an allocation failed is recorded without being asked for."""
    script = os.path.join(hs_test.scratch(), "first.py")
    with open(script, "w", encoding="utf-8") as f:
        f.write("import asyncio\nTABLE = [[i] for i in range(500)]\nasync def main():\n    await asyncio.sleep_ms(0)\n"
                "    return bytearray(10 ** 7)\ntry:\n    asyncio.run(main())\nexcept MemoryError:\n    print('failed')\n")
    for firmware in hs_test.UNIX:
        trace = os.path.join(hs_test.scratch(), "first-%s.hst" % firmware)
        done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--", hs_test.firmware(firmware), "-X", "heapsize=128k", script])
        cli.check("%s: import asyncio" % firmware, done.out == b"failed\n" and done.status == 0, done.out + done.err)
        status, out, err = cli.out("why", trace, "main.TABLE")
        cli.check("%s: why knows what held the memory then" % firmware, status == 0 and "name 'TABLE' of __main__" in out, out + err)
        off = os.path.join(hs_test.scratch(), "first-off.hst")
        hs_test.run([hs_test.NATIVE, "record", "-o", off, "--", hs_test.firmware(firmware), "-X", "heapsize=128k", script], env={"HEAPSTRATA_REFS": ""})
        cli.check("%s: unless it is switched off, and the events are the same" % firmware, cli.out("why", off, "main.TABLE")[0] == 2
                  and cli.json("stat", off)["allocs"] == cli.json("stat", trace)["allocs"])
        wrong = os.path.join(hs_test.scratch(), "first-wrong.hst")
        for words in ("bogus", "mark,exit", "fai"):
            done = hs_test.run([hs_test.NATIVE, "record", "-o", wrong, "--", hs_test.firmware(firmware), "-X", "heapsize=128k", script],
                               env={"HEAPSTRATA_REFS": words})
            cli.check("%s: HEAPSTRATA_REFS=%s is refused, once" % (firmware, words), done.err.count(b"HEAPSTRATA_REFS=%s: there are" % words.encode()) == 1, done.err)
            cli.check("%s: references are recorded as without it" % firmware, cli.out("why", wrong, "main.TABLE")[0] == 0)
        done = hs_test.run([hs_test.NATIVE, "record", "-o", wrong, "--", hs_test.firmware(firmware), "-X", "heapsize=128k", script],
                           env={"HEAPSTRATA_REFS": "mark, fail"})
        cli.check("%s: two moments are accepted" % firmware, b"HEAPSTRATA_REFS" not in done.err and cli.out("why", wrong, "main.TABLE")[0] == 0, done.err)


def case_refused(cli):
    trace = os.path.join(hs_test.scratch(), "refused.hst")
    for what, args in (("no such firmware", ["./none", "x.py"]), ("no hooks", ["true"]),
                       ("no firmware", []), ("nowhere to write", ["-o", "/nonexistent/x.hst", "true"]),
                       ("no such device", ["--serial", "/nonexistent", "marks.py"]),
                       ("not a terminal", ["--serial", "/dev/null", "marks.py"])):
        done = hs_test.run([hs_test.NATIVE, "record", "-o", trace] + args, cwd=PROGRAMS)
        cli.check(what, done.status == 2 and b"heapstrata record: " in done.err and not os.path.exists(trace),
                  (done.status, done.err))
    done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--serial", "/dev/null", "/"])
    cli.check("a folder as script", done.status == 2 and b"cannot read /: Is a directory" in done.err, (done.status, done.err))


BOARD_SCRIPT = """\
import heapstrata
heapstrata.mark(globals().get('mine', 'first'))
mine = 'again'
def work():
    return [bytearray(50) for i in range(100)]
x = work()
print(heapstrata.stats()['level'])
"""


def board_script(name, text):
    path = os.path.join(hs_test.scratch(), "board", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def on_board(cli, pty):
    """One run after the other on the same board."""
    script = board_script("again.py", BOARD_SCRIPT)
    seen = {}
    for what, options in (("sampled", ["--level", "sampled:300"]), ("full", []), ("goes on", ["--no-reset"])):
        trace = os.path.join(hs_test.scratch(), "board", what + ".hst")
        done = hs_test.run([hs_test.NATIVE, "record", "--serial", pty, *options, "-o", trace, "again.py"], timeout=500,
                           cwd=os.path.dirname(script))
        marks = [line.split()[-1] for line in cli.out("dump", "--kind", "mark", trace)[1].splitlines() if "label" in line]
        seen[what] = done.out.decode().strip(), marks
    cli.check("the level asked for, and without one that of the firmware", [s[0] for s in seen.values()] == ["sampled", "full", "full"], seen)
    labels = {what: [m for m in marks if m] for what, (_, marks) in seen.items()}
    cli.check("a soft reset, and a trace, for each run; --no-reset goes on with both", [len(labels[w]) for w in seen] == [1, 1, 2]
              and "first" in str(labels["full"]) and "again" in str(labels["goes on"]), labels)
    found = cli.json("annotate", os.path.join(hs_test.scratch(), "board", "full.hst"))["files"]
    cli.check("annotate finds the script by its name", [(f["file"], bool(f["source"]), f["warning"]) for f in found] == [("again.py", True, None)]
              and any("bytearray(50)" in line["text"] for line in found[0]["lines"]), found)
    stop_on_board(cli, pty)


def stop_on_board(cli, pty):
    """sys.exit(); then a script that prints for ever: this board has no interrupt by Ctrl-C, so it is given up."""
    trace = os.path.join(hs_test.scratch(), "board", "stopped.hst")
    done = hs_test.run([hs_test.NATIVE, "record", "--serial", pty, "-o", trace, board_script("exit.py", "import sys\nx = [1] * 50\nsys.exit()\n")],
                       timeout=500)
    cli.check("a script that ends by sys.exit()", done.status == 0 and "exit.py:2" in cli.out("report", trace)[1], (done.status, done.err))
    endless = board_script("endless.py", "while True:\n    print('at work')\n")
    child = subprocess.Popen([hs_test.NATIVE, "record", "--serial", pty, "-o", trace, endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = child.stdout.readline()
    child.send_signal(signal.SIGINT)
    threading.Timer(3, lambda: child.send_signal(signal.SIGINT)).start()
    more, err = child.communicate(timeout=200)
    cli.check("Ctrl-C twice gives up a board that does not heed it", b"at work" in out + more and child.returncode == 2
              and b"interrupted" in err, (child.returncode, err))
    done = hs_test.run([hs_test.NATIVE, "record", "--serial", pty, "-o", trace, endless], timeout=200)
    cli.check("a line that never rests is given up, and why", done.status == 2 and b"does not end at Ctrl-C" in done.err, (done.status, done.err))


def case_board(cli):
    if not shutil.which("qemu-system-arm"):
        cli.tap.skip("a board over its console", "no qemu-system-arm")
        return
    trace, script = (os.path.join(hs_test.scratch(), name) for name in ("board.hst", "board.py"))
    with open(script, "w", encoding="utf-8") as f:
        f.write("import heapstrata\nheapstrata.mark('on the board')\nx = [bytearray(50) for i in range(100)]\n"
                "print('hello from', 'the board')\n1 / 0\n")
    qemu = subprocess.Popen(["qemu-system-arm", "-M", "mps2-an385", "-display", "none", "-monitor", "null", "-semihosting",
                             "-serial", "pty", "-kernel", hs_test.firmware(hs_test.QEMU)],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        pty = next(word for word in qemu.stdout.readline().decode().split() if word.startswith("/dev/"))
        done = hs_test.run([hs_test.NATIVE, "record", "--serial", pty, "-o", trace, script], timeout=500)
        on_board(cli, pty)
    finally:
        qemu.kill()
        qemu.wait()
    cli.check("the script's output and traceback", done.out == b"hello from the board\r\n" and b"ZeroDivisionError" in done.err
              and done.status == 1, (done.status, done.out, done.err))
    out = cli.out("dump", "--kind", "mark", trace)[1]
    cli.check("its mark", "on the board" in out, out)
    out = cli.out("report", trace)[1]
    cli.check("its lines", "board.py:3" in out and "<stdin>" not in out, out)
