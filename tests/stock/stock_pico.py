# SPDX-License-Identifier: MIT
"""The emulated Raspberry Pi Pico: a timer, USB, Ctrl-C, a file system."""
import os
import signal

import hs_test
import pico
from line import Line
from samples import LOOP, check_all, check_maps, kept, marks, path, record, samples, started, write

MHZ = 125
FILES = """\
import os
def tree(path):
    for name, kind, *_ in os.ilistdir(path):
        print(path, name, kind)
        if kind == 0x4000:
            tree(path + "/" + name)
tree("")
print(os.statvfs("/"))
"""
# Each mark of a lap has the cycles so far (tests/rp2/board.mjs). The work is long enough for a sample by the timer, however
# long one takes: those at the start and at the mark put it off by 25 times as long each, and the first by more, for what is allocated
# between them.
WORK = """\
import heapstrata
heapstrata.stop()
import machine, time
heapstrata.start()
def work(ms):
    end = time.ticks_ms() + ms
    while time.ticks_ms() < end:
        pass
keep = [bytearray(100) for i in range(100)]
t = time.ticks_ms()
machine.mem32[0x4005800c] = 1
heapstrata.mark("counted")
machine.mem32[0x4005800c] = 2
work(72 * (time.ticks_ms() - t) + 50)
machine.mem32[0x4005800c] = 3
print("done")
"""


def port(board):
    board.write(b"\x02")
    board.read_until(b">>> ")
    return Line(board.process.stdout.fileno(), board.write)


def back(board, line):
    line.unplug()
    board.buffer = b""
    board.raw_repl()


def case_samples(tap, board):
    """An interval of 1 ms: each sample puts off the next one by the timer by 25 times as long as it took."""
    before = board.run(FILES)
    board.clear()
    with port(board) as line:
        done, trace = record(line, write("work.py", WORK), "--every", "1")
        check_maps(tap, "Pico", line.seen, trace)
        kinds = [kind for kind, _, _ in samples(line.seen)]
        kinds = kinds[kinds.index("mark"):kinds.index("end")]
        back(board, line)
    every = hs_test.cli("report", trace).out.decode()
    tap.check("Pico: report says the interval", "every 1 ms at most" in every and hs_test.cli_json("stat", trace)[1].get("every_ms") == 1, every[:400])
    tap.check("Pico: samples by the timer: %s" % kinds, done.status == 0 and done.out == b"done\r\n" and "time" in kinds,
              (done.status, done.out, done.err, kinds))
    one, two, three = (lap["cores"][0]["cycles"] for lap in board.report()["laps"][:3])
    sample, work, n = two - one, three - two, kinds.count("time")
    tap.check("Pico: a sample takes %.1f M cycles; %d in %.1f M cycles are 4 %% at most" % (sample / 1e6, n, work / 1e6),
              0 < n * sample <= work / 25 * 1.05, (sample, work, n))
    tap.check("Pico: at the default interval they take %.1f%% of the time" % (100 * sample / max(MHZ * 1e6, 25 * sample)),
              sample / max(MHZ * 1e6, 25 * sample) <= 0.05)
    after = board.run(FILES)
    tap.check("Pico: the file system is as it was", before == after and before[0], (before, after))


def case_all(tap, board):
    with port(board) as line:
        check_all(tap, "Pico", line)
        back(board, line)


ASYNCIO = """\
import asyncio
async def main():
    await asyncio.sleep_ms(1)
    asyncio.Event().set()
asyncio.run(main())
import micropython
print("ran")
"""


def case_asyncio(tap, board):
    """It is in the firmware, and imports its parts relatively, at once and later."""
    with port(board) as line:
        done, trace = record(line, write("with_asyncio.py", ASYNCIO))
        back(board, line)
    labels = [m["mark"] for m in marks(trace)]
    tap.check("Pico: asyncio works, and is the last import that is noticed", done.status == 0 and done.out == b"ran\r\n" and labels[:2] +
              labels[-3:] == ["start", "before import asyncio", "import asyncio", "end", "after a collection"] and
              "import micropython" not in labels, (done.status, labels, done.out, done.err))


def case_interrupted(tap, board):
    script, trace = write("loop.py", LOOP), path("interrupted.hst")
    with port(board) as line:
        child = started(line, script, trace)
        child.send_signal(signal.SIGINT)
        err = kept(tap, "Pico: Ctrl-C", child, trace, (1,))
        back(board, line)
    labels = [m["mark"] for m in marks(trace)]
    tap.check("Pico: Ctrl-C ends the script, the trace is complete", b"KeyboardInterrupt" in err and
              labels[-2:] == ["KeyboardInterrupt:", "after a collection"], (labels, err))


def case_unplugged(tap, board):
    script, trace = write("loop.py", LOOP), path("unplugged.hst")
    with port(board) as line:
        child = started(line, script, trace)
        line.unplug()
        child.send_signal(signal.SIGINT)  # it would wait for the port to come back
        kept(tap, "Pico: unplugged", child, trace, (1, 2))
        back(board, line)


def case_reset(tap, board):
    """The RUN pin: the port disappears, and returns under the same name."""
    script, trace, name = write("loop.py", LOOP), path("reset.hst"), path("port")
    with port(board) as line:
        os.symlink(line.name, name)
        line.name = name
        child = started(line, script, trace)
        board.command("reset")
    with Line(board.process.stdout.fileno(), board.write) as line:
        os.symlink(line.name, name + ".new")
        os.rename(name + ".new", name)
        err = kept(tap, "Pico: reset", child, trace, (1, 2))
        tap.check("Pico: reset: it says so", b"it was reset" in err, err)
        back(board, line)


def run(tap):
    image = pico.firmware(plain=True)
    if pico.missing() or not os.path.exists(image):
        tap.skip("an emulated Pico", pico.missing() or "no plain firmware")
        return
    with pico.Pico(image) as board:
        for case in (case_samples, case_all, case_asyncio, case_interrupted, case_unplugged, case_reset):
            case(tap, board)
