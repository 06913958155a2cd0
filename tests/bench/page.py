# SPDX-License-Identifier: MIT
"""Page: how smoothly a page of an 8 MB heap, of a million events, follows its time slider, in Debian's chromium."""
import json
import os
import shutil
import subprocess

import common

HTML = os.path.join(common.ROOT, "tests", "html")
MODULES = os.path.join(common.BUILD, "npm", "tests", "html", "node_modules")
FRAMES = 480
ROUNDS = 18500  # of busy.py: a little more than a million events
LIMIT = 33.4    # two turns of a screen with 60 a second


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def run(report):
    report.section("page", "Page: a heap of 8 MB in a browser")
    if not (common.have("chromium") and os.path.exists(MODULES)):
        report.skip("page", "chromium, or what `make suite T=html` fetches, is not there")
        return
    with common.scratch() as folder:
        trace, page = os.path.join(folder, "8m.hst"), os.path.join(folder, "8m.html")
        environ = dict(os.environ, HEAPSTRATA_OUT=trace, HEAPSTRATA_STACKS="1", HS_CLI=common.CLI, HS_MODULES=MODULES)
        subprocess.run([common.firmware("unix64/micropython"), "-X", "heapsize=8m", os.path.join(HTML, "busy.py"), str(ROUNDS)], env=environ, check=True)
        common.output(common.CLI, "html", "-o", page, trace)
        stat = json.loads(common.output(common.CLI, "stat", "--json", trace))
        load = os.getloadavg()[0]
        found = json.loads(common.output(shutil.which("node"), os.path.join(common.ROOT, "tests", "bench", "page.mjs"),
                                         json.dumps({"page": page, "frames": FRAMES}), env=environ))
        size = os.path.getsize(page)
    rows = [[name, *(share(found[key][what], part) for what in ("gaps", "work") for part in (0.5, 0.95)), found[key]["busy"]]
            for name, key in (("from the start to the end", "sweep"), ("to and fro", "jump"))]
    report.table("frames", ["the slider moves", "frame, median ms", "95 of 100 within ms", "our own work, median ms", "95 of 100 within ms",
                             "processor time, mean ms"], rows,
                 "%d events, %.1f MB of heap, a page of %.1f MB, shown after %.1f s; %d frames; %.1f programs wanted each processor at the start" %
                 (stat["events"], stat["total_bytes"] / 1e6, size / 1e6, found["shown"] / 1000, FRAMES, load / os.cpu_count()))
    for row in rows:
        report.target("page of an 8 MB heap, slider %s: median frame, ms" % row[0], row[1], LIMIT)
        report.target("page of an 8 MB heap, slider %s: processor time of a frame, mean ms" % row[0], row[5], LIMIT)
