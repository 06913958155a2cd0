# SPDX-License-Identifier: MIT
"""The rebuilt heap against the board's own mem_info(1), granule by granule: scripts of MicroPython's tests, a soft reset
before each, and the whole SRAM read by a probe after each. The ring is as large as it is by default, so what was recorded
first is mostly gone: the map comes from a keyframe and what followed."""
import glob
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "oracle"))
import hs_test
import meminfo
import pico

EVERY = {"basics": 14, "micropython": 8, "float": 9, "extmod": 14, "stress": 3}  # one script of so many
OTHERS = ("basics/memoryview_gc", "extmod/asyncio_", "extmod/vfs_", "extmod/machine", "extmod/ssl_", "extmod/tls_",
          "extmod/socket", "extmod/select_", "stress/bytecode_limit", "stress/fun_call_limit", "stress/list_sort",
          "stress/qstr_limit", "stress/recursi")  # they need a file system, a network or minutes
# Programs that fill the heap over and over, each with blocks of other sizes. 209 KB full of blocks of 16 bytes are 13,068 of
# them.
FULL = {
    "full of small blocks": "l = []\nfor i in range(5000): l.append([i])\n",
    "full of tuples": "l = [None] * 1200\nfor i in range(4000): l[i % 1200] = (i, i, i, i, i)\n",
    "full of what a loop makes": "l = []\ndef f(i): return (i, [i, i], {i: i}, bytearray(20))\n"
                                 "for i in range(900):\n  x = f(i)\n  if i % 4 == 0: l.append(x)\n",
    "full of everything": "l = [None] * 700\nfor i in range(3000):\n"
                          "  l[i * 7 % 700] = (bytearray(i % 60), {i: i}, [i] * (i % 9), 'x%d' % i)[i % 4]\n",
    "garbage only": "for i in range(9000): [i]\n",
    "a large block and small ones": "b = bytearray(60000)\nl = []\nfor i in range(3000): l.append(float(i))\n",
    "a collection every 4 KB": "import gc\ngc.threshold(4096)\nl = []\nfor i in range(1500):\n"
                               "  l.append(bytearray(i % 90))\n  if i % 3 == 0: l.pop(len(l) // 2)\n",
}
# The script may replace anything, so both functions are fetched before it runs.
BEFORE = "import heapstrata, micropython\n_hs_mark = heapstrata.mark; _hs_info = micropython.mem_info\n"
STEP = '_hs_mark("oracle-%d"); _hs_info(1)\n'
PATIENCE = 60
LEAST = 40


def programs():
    """(name, source) of all."""
    found = []
    for suite, every in EVERY.items():
        names = sorted(suite + "/" + os.path.basename(f) for f in glob.glob(os.path.join(hs_test.MP_TESTS, suite, "*.py")))
        for name in [n for n in names if not n.startswith(OTHERS)][::every]:
            with open(os.path.join(hs_test.MP_TESTS, name), "rb") as f:
                found.append((name, f.read()))
    return list(FULL.items()) + found


def one(board, n, source):
    """What mem_info printed after the program."""
    board.soft_reset(PATIENCE)
    board.run(BEFORE, PATIENCE)
    output, error = board.run(source, PATIENCE)
    if b"SystemExit" in error or output.endswith(b"SKIP\n"):  # which makes a soft reset
        board.run(BEFORE, PATIENCE)
    return board.run(STEP % n, PATIENCE)[0]


def compare(n, text, sram):
    """(granules, what differs)"""
    real = meminfo.parse(text)
    done = hs_test.cli("map", sram, "--at", "mark:oracle-%d" % n, "--style", "meminfo")
    if done.status:
        return 0, "map ended with %s: %s" % (done.status, done.err.decode(errors="replace").strip())
    return sum(map(len, real.areas)), meminfo.difference(real, meminfo.parse(done.out))


def run(tap):
    equal = 0
    sram = os.path.join(hs_test.scratch(), "maps.bin")
    board = pico.Pico(noise=True)
    for n, (name, source) in enumerate(programs()):
        try:
            text = one(board, n, source)
        except pico.BoardError as error:
            tap.skip("map: " + name, "the board did not come back: %s" % str(error)[:100])
            board.close()
            board = pico.Pico(noise=True)
            continue
        board.save_sram(sram)
        granules, problem = compare(n, text, sram)
        equal += tap.check("map: %s: %d granules" % (name, granules), not problem, problem)
    board.close()
    tap.check("map: %d scripts or more were compared and equal" % LEAST, equal >= LEAST, equal)
