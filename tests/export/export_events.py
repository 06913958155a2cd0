# SPDX-License-Identifier: MIT
"""Formats that hold every event: read by Python's csv and json, and by sqlite3; held against dump and stat."""
import csv
import json

import hs_test


SAMPLES = ("heapstrata:heap", "heapstrata:usage", "heapstrata:live")


def traces(bench):
    for firmware in hs_test.UNIX:
        yield firmware, bench.trace(firmware=firmware)
    yield "three boots", bench.boots()
    yield "ring come round", bench.overwritten()


def difference(rows, dump, time_of):
    """The first way in which events are not the records of dump. Values may be text."""
    records = [r for r in rows if r["event"] not in SAMPLES]
    if len(records) != len(dump):
        return "%d events, %d records" % (len(records), len(dump))
    for row, record in zip(records, dump):
        if row["event"] != "heapstrata:" + record["kind"].lower() or int(row["record"]) != record["event"]:
            return "%s is not %s" % (row, record)
        if abs(time_of(row) - record["time_s"]) > 1e-9 or int(row["boot"]) != record["boot"]:
            return "%s: not the time or boot of %s" % (row, record)
        for key, wanted in record.items():
            if key in ("event", "time_s", "kind", "at", "where", "base") or key not in row or wanted is None:
                continue
            if (record["kind"], key) in (("CODE", "bytes"), ("SNAPSHOT", "runs")):  # packed: another kind has a column of that name
                continue
            if isinstance(wanted, list):
                wanted = json.dumps(wanted, separators=(",", ":")) if isinstance(row[key], str) else wanted
            if key == "address":  # of a root or a frame: by its digits, as it is meant
                wanted = hex(wanted)
            if str(row[key]) != str(wanted):
                return "record %d: %s is %r, not %r" % (record["event"], key, row[key], wanted)
        if isinstance(record.get("at"), str) and int(row["ptr"], 16) != int(record["at"], 16):
            return "record %d: address" % record["event"]
    return ""


def case_csv(bench):
    for name, trace in traces(bench):
        path, done = bench.export("csv", trace, "events.csv")
        with open(path, newline="") as f:
            rows = list(csv.DictReader(f))
        dump = bench.dump(trace)
        why = difference(rows, dump, lambda row: float(row["time_s"]))
        bench.check("csv, %s: %d records" % (name, len(dump)), done.status == 0 and len(dump) > 100 and not why, why or done.err)
        bench.check("csv, %s: no row with other columns" % name, not [r for r in rows if None in r or None in r.values()])
        same = hs_test.cli("export", "-f", "csv", trace).out == open(path, "rb").read()
        bench.check("csv, %s: standard output is the same" % name, same)


def case_json(bench):
    for name, trace in traces(bench):
        path, done = bench.export("json", trace, "events.json")
        with open(path) as f:
            rows = [json.loads(line) for line in f]
        dump = bench.dump(trace)
        why = difference(rows, dump, lambda row: row["ns"] / 1e9)
        bench.check("json, %s: %d records" % (name, len(dump)), done.status == 0 and len(dump) > 100 and not why, why or done.err)


def case_losses(bench):
    trace = bench.damaged()
    lost = bench.stat(trace)["lost"]
    path, done = bench.export("json", trace, "lost.json")
    told = sum(row.get("lost", 0) for row in map(json.loads, open(path)) if "event" not in row)
    bench.check("json: %d lost records are reported" % told, done.status == 2 and told == lost > 0, lost)
    path, done = bench.export("csv", trace, "lost.csv")
    with open(path, newline="") as f:
        told = sum(int(row["count"]) for row in csv.DictReader(f) if row["event"] == "missing")
    bench.check("csv: %d lost records are reported" % told, done.status == 2 and told == lost, lost)
    path, done = bench.export("sqlite", trace, "lost.db")
    told = int(sql(path, "SELECT value FROM trace WHERE name = 'lost'")[0][0])
    bench.check("sqlite: %d lost records are reported" % told, done.status == 2 and told == lost, lost)


def sql(path, query):
    done = hs_test.run(["sqlite3", "-csv", path, query])
    if done.status != 0:
        raise RuntimeError(done.err)
    return list(csv.reader(done.out.decode().splitlines()))


def case_sqlite(bench):
    for name, trace in traces(bench):
        path, done = bench.export("sqlite", trace, "events.db")
        bench.check("sqlite, %s: exported, and whole" % name, done.status == 0 and
                    sql(path, "PRAGMA integrity_check") == [["ok"]], done.err)
        dump, stat = bench.dump(trace), bench.stat(trace)
        rows = sql(path, "SELECT record, ns, boot, event FROM records")
        wanted = [[str(r["event"]), r["boot"], r["kind"].lower()] for r in dump]
        bench.check("sqlite, %s: %d records in their order" % (name, len(dump)),
                    [[r[0], int(r[2]), r[3]] for r in rows] == wanted)
        bench.check("sqlite, %s: times" % name, all(abs(int(r[1]) / 1e9 - d["time_s"]) < 1e-9 for r, d in zip(rows, dump)))
        swept = sql(path, "SELECT total(freed) FROM sweep")[0][0]
        bench.check("sqlite, %s: swept blocks" % name, float(swept) == stat["swept"], swept)
        by_line = sql(path, "SELECT site, size, ptr, line, file FROM alloc JOIN sites USING (site) WHERE line > 0 ORDER BY record")
        wanted = [[str(r["site"]), str(r["size"]), str(int(r.get("at", "0"), 16)), r["where"].split(":")[1].split()[0],
                   r["where"].split(":")[0]] for r in dump if r["kind"] == "ALLOC" and ":" in r["where"]]
        bench.check("sqlite, %s: %d allocations with their lines" % (name, len(wanted)), by_line == wanted and len(wanted) > 50)
        last = sql(path, "SELECT used, largest_free FROM heap ORDER BY rowid DESC LIMIT 1")[0]
        bench.check("sqlite, %s: the last state of the heap" % name,
                    last == [str(stat["used_bytes"]), str(stat["largest_free_bytes"])], last)
    path, done = bench.export("sqlite", bench.trace(), "libc.db", "--events", "libc")
    names = [r[0] for r in sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    bench.check("sqlite, libc: tables of their own", "libc_malloc" in names and "alloc" not in names, names)
    asked = int(float(sql(path, "SELECT total(size) FROM libc_malloc")[0][0]))
    taken = sum(r["granules"] * 32 for r in bench.dump(bench.trace()) if r["kind"] == "ALLOC")
    bench.check("sqlite, libc: %d bytes in whole granules" % asked, asked == taken, taken)


def case_replaced(bench):
    """A file that is there is replaced at once; when it cannot be written, it stays as it was."""
    trace = bench.trace()
    path, _ = bench.export("csv", trace, "twice.csv")
    first = open(path, "rb").read()
    done = hs_test.cli("export", "-f", "csv", "-o", path, "/no/such/trace")
    bench.check("no trace: the old file stays", done.status == 2 and open(path, "rb").read() == first, done.err)
    done = hs_test.cli("export", "-f", "json", "-o", path, trace)
    bench.check("the new file is there", done.status == 0 and open(path, "rb").read()[:1] == b"{")
    done = hs_test.run(["sh", "-c", "%s export -f csv %s >/dev/full" % (hs_test.CLI, trace)])
    bench.check("a full disk is reported", done.status == 2 and b"standard output" in done.err, done.err)
