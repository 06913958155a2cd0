# SPDX-License-Identifier: MIT
"""Spoilt traces: every format ends with status 0 or 2 and a word, and what it wrote can be read."""
import os
import random

import hs_commands
import hs_test

FORMATS = [f for f in ("ctf", "csv", "json", "sqlite", "folded", "speedscope", "massif", "pprof", "perfetto") if hs_commands.has(f)]
ROUNDS = 90
SEED = int(os.environ.get("HS_SEED", "1"))


def spoil(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice((1, 3, 20))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data[:rng.randrange(len(data))] if rng.random() < 0.3 else data


def case_damage(bench):
    rng = random.Random(SEED)
    sources = [open(path, "rb").read() for path in (bench.trace("threads"), bench.overwritten("unix32"), bench.boots())]
    spoilt = bench.path("spoilt")
    wrong, partly = [], 0
    for n in range(ROUNDS):
        with open(spoilt, "wb") as f:
            f.write(spoil(rng, rng.choice(sources)))
        form = FORMATS[n % len(FORMATS)]
        out, done = bench.export(form, spoilt, "spoilt-out", "--events", "both")
        whole = b"what could be read was exported" in done.err
        partly += whole
        if done.status not in (0, 2) or (done.status == 2) != bool(done.err) or os.path.exists(out) != (whole or done.status == 0):
            wrong.append("%s, round %d: status %s, %s" % (form, n, done.status, done.err[-300:]))
        if form == "ctf" and os.path.exists(out):
            read = hs_test.run(["babeltrace2", out, "-c", "sink.utils.dummy"])
            if read.status != 0:
                wrong.append("round %d: babeltrace2: %s" % (n, read.err[-300:]))
    bench.check("%d spoilt traces, %d of them exported in part" % (ROUNDS, partly), not wrong and partly > ROUNDS / 6,
                "\n".join(wrong[:5]))
