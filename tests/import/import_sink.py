# SPDX-License-Identifier: MIT
"""sink.heapstrata.report in babeltrace2: the rows that heapstrata report has."""
import json
import os

import hs_test

PLUGIN = "--plugin-path=" + os.path.join(hs_test.BUILD, "babeltrace2")


def sink(trace, params, *more):
    done = hs_test.run(["babeltrace2", PLUGIN] + list(more) + ([trace] if trace else []) +
                       ["--component=sink.heapstrata.report", "--params=" + params], timeout=120)
    return done.status, done.out.decode(), done.err.decode()


def case_same_rows(bench):
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    for params, options in (('json=yes,limit=0', ()), ('json=yes,limit=0,sort="thread,line"', ("--sort", "thread,line")),
                            ('json=yes,limit=3,live=yes', ("--limit", "3", "--live")), ('json=yes,limit=0,peak=yes,sort="function"',
                            ("--peak", "--sort", "function"))):
        status, out, err = sink(folder, params)
        rows = json.loads(out)["rows"] if status == 0 else err
        bench.check("sink, %s: the rows of heapstrata report" % params, rows == bench.rows(folder, *options) != [], str(rows)[:600])
    status, out, err = sink(folder, "limit=5")
    bench.check("sink, text", status == 0 and out.startswith("# Heap report") and "grow.c" in out, out + err)


def case_behind_our_source(bench):
    """Our own source in front: the report of a firmware's trace."""
    import import_own
    _, trace = next(import_own.traces(bench))
    status, out, err = sink(None, "json=yes,limit=0", "--component=source.heapstrata.trace",
                            '--params=inputs=["%s"],events="both",elf="%s"' % (trace, hs_test.firmware("unix64")))
    folder = import_own.export(bench, trace, "both")
    rows = json.loads(out)["rows"] if status == 0 else err
    bench.check("sink behind source.heapstrata.trace", rows == bench.rows(folder) != [], str(rows)[:600])


def case_bad_params(bench):
    folder = bench.record("grow", [bench.program(), "3000", "3"])
    for params, expected in (('srt="line"', "no such parameter: `srt`"), ('sort="colour"', "no such sort key: 'colour'"),
                             ('elf="/no/such"', "/no/such")):
        status, _, err = sink(folder, params)
        bench.check("sink, bad parameters: " + expected, status != 0 and expected in err.replace("\n  ", " "), err)
    other = bench.record("others", ["/bin/true"], events=("lttng_ust_statedump:*",))
    status, _, err = sink(other, "limit=1")
    bench.check("sink, a trace without the wrapper's events", status != 0 and "LD_PRELOAD" in err, err)
