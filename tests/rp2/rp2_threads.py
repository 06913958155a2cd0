# SPDX-License-Identifier: MIT
"""Both cores: a thread on core 1 allocates while core 0 does. rp2 has no interpreter lock, and a soft reset stops core 1
wherever it is."""
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "oracle"))
import hs_test
import meminfo
import pico

CYCLES = int(os.environ.get("HS_RP2_CYCLES") or (200 if os.environ.get("HS_SOAK") else 24))
PATIENCE = 120  # seconds for one cycle: only a hang takes so long
BOTH = """
import _thread, time, heapstrata, micropython
mark, info = heapstrata.mark, micropython.mem_info
done = False
def work(n, step):
    kept = []
    for i in range(n):
        kept.append((i, [i], bytearray(i * step % 70)))
        if i % 5 == 0:
            kept.pop(len(kept) // 2)
    return kept
def second():
    global done, theirs
    theirs = work(400, 7)
    done = True
_thread.start_new_thread(second, ())
ours = work(400, 11)
while not done:
    pass
time.sleep_ms(20)
"""
# Core 1's function has so many locals that they are a block of the heap, which is allocated before the function runs; and the
# heap has been full of bytes that are no address. It allocates a while and then only runs on: a soft reset that comes while
# it waits for the collector's lock hangs a firmware without hooks too, because MicroPython's mp_thread_deinit stops core 1
# with the spin lock of that lock in its hands.
ENDLESS = """
import _thread
waste = [bytearray(b"\\xa5" * 2000) for i in range(%(waste)d)]
del waste
ready = False
def second():
    global ready
    a = b = c = d = e = f = g = h = i = j = k = l = m = n = o = p = q = r = s = t = 0
    for a in range(%(theirs)d):
        b = [a, c, (d, e, f, g, [h, i, j, k]), l, m, n, o, p, q, r, s, t]
    ready = True
    while True:
        a = b
_thread.start_new_thread(second, ())
m = [(i, i) for i in range(%(ours)d)]
while not ready: pass
print(len(m))
"""


def sram_of(board):
    sram = os.path.join(hs_test.scratch(), "threads.bin")
    board.save_sram(sram)
    return sram


def case_both(tap, seed):
    """The map is that of the board, and each core is a thread of the trace."""
    with pico.Pico(seed=seed) as board:
        out, err = board.run(BOTH)
        text = board.run("mark('oracle'); info(1)\n")[0]
        sram = sram_of(board)
        report = board.report()
    done = hs_test.cli("map", sram, "--at", "mark:oracle", "--style", "meminfo")
    problem = meminfo.difference(meminfo.parse(text), meminfo.parse(done.out)) if done.status == 0 else done.err
    tap.check("both cores allocate, seed %d: the map is the board's" % seed, not err and not problem, (err, problem))
    status, rows, error = hs_test.cli_json("report", sram, "--sort", "thread")
    threads = [r for r in rows["rows"] if r["bytes"] > 5000] if rows else []
    tap.check("both cores allocate, seed %d: two threads in the report" % seed, status == 0 and len(threads) == 2, (status, rows, error))
    tap.check("core 1 ran: %d instructions" % report["cores"][1]["instructions"], report["cores"][1]["instructions"] > 10000)


def case_again(tap):
    """Start a thread, allocate, soft reset, over and over; each at another moment of core 1."""
    rng, done, why = random.Random(12), 0, ""
    with pico.Pico(seed=3) as board:
        try:
            for _ in range(CYCLES):
                out, err = board.run(ENDLESS % {"waste": rng.choice([0, 40]), "ours": rng.randrange(5, 60), "theirs": rng.randrange(60)}, PATIENCE)
                if err or not out:
                    raise pico.BoardError(err)
                board.soft_reset(PATIENCE)
                done += 1
            stats = board.run("import heapstrata\nprint(heapstrata.stats())\n", PATIENCE)[0]
            launches = board.report()["launches"]
            stat = hs_test.cli_json("stat", sram_of(board))
        except pico.BoardError as error:
            why = error
    if tap.check("%d times: start a thread, allocate, soft reset (%d done)" % (CYCLES, done), done == CYCLES, why):
        tap.check("then: still recording, %d launches of core 1" % launches, b"'recording': 1" in stats and launches >= CYCLES, stats)
        kinds = {w["what"] for w in stat[1]["warnings"]} - {"overwritten", "unplaced", "appeared"}  # as of any ring
        tap.check("then: the trace is whole", stat[0] == 0 and stat[1]["lost"] == 0 and not kinds, stat)


def run(tap):
    for seed in (1, 2):
        case_both(tap, seed)
    case_again(tap)
