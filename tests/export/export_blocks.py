# SPDX-License-Identifier: MIT
"""The table of blocks of a database: who was alive when, from where, how long, and how it ended; and words for enumerations."""
import collections
import json
import re

import export_levels
import hs_test
from export_events import sql, traces

ALIVE = "FROM blocks WHERE born <= {0} AND (died IS NULL OR died > {0})"


def case_alive(bench):
    for name, trace in traces(bench):
        path, done = bench.export("sqlite", trace, "blocks.db")
        stat = bench.stat(trace)
        wrong, looked = [], 0
        for ns, used, blocks, known in sql(path, "SELECT ns, used, blocks, known FROM heap WHERE record = "
                                           "(SELECT max(record) FROM records WHERE records.ns = heap.ns)")[::5]:
            seen = sql(path, "SELECT total(taken), count(*) " + ALIVE.format(ns))[0]
            looked += known == "1"
            wrong += [(ns, used, blocks, seen)] if known == "1" and [int(float(seen[0])), int(seen[1])] != [int(used), int(blocks)] else []
        bench.check("blocks, %s: those alive at a moment are those of %d samples" % (name, looked), not wrong and looked > 2, wrong[:3])
        ended = dict((how, int(n)) for how, n in sql(path, "SELECT coalesce(how, 'alive'), count(*) FROM blocks GROUP BY how"))
        bench.check("blocks, %s: how they ended is what stat counts" % name,
                    (ended.get("free", 0), ended.get("sweep", 0), ended.get("alive", 0)) == (stat["frees"], stat["swept"], stat["blocks"]), (ended, stat))
        came = dict((how, int(n)) for how, n in sql(path, "SELECT came, count(*) FROM blocks GROUP BY came"))
        unplaced = sum(w["count"] for w in stat["warnings"] if w["what"] == "unplaced")  # blocks that are not known
        left_out = stat["allocs"] + stat["reallocs"] - came.get("alloc", 0) - came.get("resize", 0)
        bench.check("blocks, %s: how they came too" % name, 0 <= left_out <= unplaced and came.get("alloc", 0) <= stat["allocs"], (came, stat))
        bench.check("blocks, %s: none dies before it is born" % name, sql(path, "SELECT count(*) FROM blocks WHERE died < born") == [["0"]])


def case_by_line(bench):
    """Live bytes by line, and lifetimes, are those of report."""
    trace = bench.trace()
    path, _ = bench.export("sqlite", trace, "lines.db")
    rows = {r["line"]: r for r in hs_test.cli_json("report", "--sort", "line", trace)[1]["rows"]}
    live = sql(path, "SELECT file || ':' || line || ' ' || function, sum(taken) FROM blocks JOIN sites USING (site) "
                     "WHERE died IS NULL AND line > 0 GROUP BY 1")
    wanted = {k: r["live_bytes"] for k, r in rows.items() if r["live_bytes"] and re.search(r":\d+ ", k)}
    bench.check("blocks: live bytes by line are report's", {k: int(n) for k, n in live} == wanted and len(wanted) > 3, (live, wanted))
    lives = sql(path, "SELECT file || ':' || line || ' ' || function, avg(died - first) / 1e9 FROM (SELECT site, died, how, "
                      "min(born) OVER (PARTITION BY block) AS first FROM blocks) JOIN sites USING (site) WHERE how IN ('free', 'sweep') "
                      "AND line > 0 GROUP BY 1")
    wrong = [(k, s, rows[k]["mean_lifetime_seconds"]) for k, s in lives if abs(float(s) - rows[k]["mean_lifetime_seconds"]) > 2e-6]
    bench.check("blocks: mean lifetimes by line are report's", not wrong and len(lives) > 3, wrong[:3])


def case_not_followed(bench):
    """What was there when recording went from full to sampled is not said to be there at the end."""
    trace = export_levels.switched(bench)
    path, _ = bench.export("sqlite", trace, "switched.db")
    ends = dict(sql(path, "SELECT coalesce(how, 'alive'), count(*) FROM blocks GROUP BY how"))
    left = sql(path, "SELECT max(ns) FROM level WHERE level = 'sampled' AND record = (SELECT min(record) FROM level WHERE level = 'sampled')")[0][0]
    when = sql(path, "SELECT DISTINCT died FROM blocks WHERE how = 'not known'")
    bench.check("blocks, full then sampled: none is alive, those of the full part end there, not known how",
                "alive" not in ends and int(ends.get("not known", 0)) > 100 and when == [[left]], (ends, left, when))


def case_words(bench):
    trace = bench.trace()
    path, _ = bench.export("sqlite", trace, "words.db")
    causes = {c for c, in sql(path, "SELECT DISTINCT cause FROM collect")}
    bench.check("sqlite: causes of collections are words", causes and causes <= {"asked for", "no room", "threshold", "heap torn down"}, causes)
    bench.check("sqlite: of resets", sql(path, "SELECT DISTINCT cause FROM reset") == [["unknown"]], sql(path, "SELECT cause FROM reset"))
    region = sql(path, "SELECT DISTINCT placement, memory FROM region")
    bench.check("sqlite: memory and placement of a region", region and {p for p, _ in region} == {"MicroPython"} and
                all(not m.isdigit() for _, m in region), region)
    failed = {c for c, in sql(path, "SELECT DISTINCT cause FROM fail")}
    bench.check("sqlite: of failures", failed <= {"no room", "locked", "automatic collection off", "refused by capability"} and failed, failed)
    sampled = bench.export("sqlite", bench.trace(HEAPSTRATA_LEVEL="sampled:512"), "words2.db")[0]
    levels = {c for c, in sql(sampled, "SELECT DISTINCT level FROM level")}
    summed = {c for c, in sql(sampled, "SELECT DISTINCT cause FROM summary")}
    bench.check("sqlite: levels, and causes of summaries", "sampled" in levels <= {"sampled", "stopped", "full"} and
                summed <= {"collection", "failure", "asked for"} and summed, (levels, summed))
    raw = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
    counts = collections.Counter(r["cause"] for r in raw if r["event"] == "heapstrata:collect")
    told = dict((c, int(n)) for c, n in sql(path, "SELECT cause, count(*) FROM collect GROUP BY 1"))
    words = ["asked for", "no room", "threshold", "heap torn down"]
    bench.check("sqlite: words stand for the records' numbers", told == {words[k]: n for k, n in counts.items()}, (told, counts))
