# SPDX-License-Identifier: MIT
"""The perf_bench programs of MicroPython that the benchmark runs, made into scripts."""
import os
import subprocess

import common

NAMES = """bm_chaos bm_fannkuch bm_fft bm_float bm_hexiom bm_nqueens bm_pidigits bm_wordcount
core_import_mpy_multi core_str misc_aes misc_mandel misc_pystone misc_raytrace""".split()

FOLDER = os.path.join(common.MP_SRC, "tests", "perf_bench")


def source(name):
    with open(os.path.join(FOLDER, name + ".py")) as f:
        return f.read()


def for_unix(name, n, m):
    """As run-perfbench.py puts it together."""
    return source(name) + source("benchrun") + "bm_run(%d, %d)\n" % (n, m)


# The board has no module time, and what is measured lies between two calls of gc.isenabled. One text for
# all firmwares and modes, so that they compile the same bytecode at the same place of the heap.
BOARD = """
import gc
try:
    import heapstrata
    if %(stopped)d:
        heapstrata.stop()
%(level)sexcept ImportError:
    pass
_best = (0, 0)
for _nm, _p in bm_params.items():
    if 10 * _nm[0] <= 12 * %(n)3d and _nm[1] <= %(m)3d and _nm > _best:
        _best = _nm
        _param = _p
_run, _result = bm_setup(_param)
gc.collect()
gc.isenabled()
_run()
gc.isenabled()
print(_result()[0])
"""


def for_board(name, n, m, stopped=False, level=None):
    """`level`: arguments of heapstrata.start()."""
    level = "    heapstrata.start(%s)\n" % level if level else ""
    return source(name) + BOARD % {"n": n, "m": m, "stopped": stopped, "level": level}


# One process that runs the programs again and again: a long trace of a real heap. core_import_mpy_multi throws
# all modules away and cannot be repeated.
LONG_RUN = """
def rounds(names, folder, n):
    for _ in range(n):
        for name in names:
            d = {"__name__": name}
            with open(folder + "/" + name + ".py") as f:
                exec(f.read(), d)
            best = max(nm for nm in d["bm_params"] if 10 * nm[0] <= 1200 and nm[1] <= 100)
            run, result = d["bm_setup"](d["bm_params"][best])
            run()
            result()
rounds(%r, %r, %d)
"""


def long_run(folder, rounds):
    """The stream of such a run on unix64; `rounds` of about 270,000 events each."""
    script, trace = os.path.join(folder, "long.py"), os.path.join(folder, "long.stream")
    names = [name for name in NAMES if name != "core_import_mpy_multi"]
    with open(script, "w") as f:
        f.write(LONG_RUN % (names, FOLDER, rounds))
    environ = dict(os.environ, HEAPSTRATA_OUT=trace, HEAPSTRATA_TIME_SCALE="40")
    subprocess.run([common.firmware("unix64/micropython"), "-X", "heapsize=256k", script], env=environ, check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    return trace
