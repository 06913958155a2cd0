# SPDX-License-Identifier: MIT
"""CTF: what babeltrace2 reads is what dump prints; Trace Compass's memory analysis gets the heap right."""
import os
import re
import subprocess
import sys

import hs_test
import ust_memory

LINE = re.compile(r'^\[(\d+)\] ([\w:]+): \{ vtid = (\d+), procname = "micropython" \}, \{ (.*) \}$')
FIELD = re.compile(r'(\w+) = ("(?:[^"\\]|\\.)*"|-?\w+)(?:, |$)')
LOST = re.compile(r"Tracer discarded (\d+) (?:trace )?events? between")
SAMPLES = ("heapstrata:heap", "heapstrata:live")
LIBC = ["malloc", "free", "calloc", "realloc", "memalign", "posix_memalign"]


def value(text):
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else int(text, 0)


def read(*args):
    """[(nanoseconds, name, thread, fields)] and events discarded, by babeltrace2."""
    done = hs_test.run(["babeltrace2"] + list(args[:-1]) + ["--clock-cycles", "--no-delta", args[-1]], timeout=300)
    if done.status != 0:
        raise RuntimeError("babeltrace2 ended with %s: %s" % (done.status, done.err[-1000:]))
    rows = []
    for line in done.out.decode().splitlines():
        match = LINE.match(line)
        if not match:
            raise RuntimeError("cannot be read: " + line)
        rows.append((int(match.group(1)), match.group(2), int(match.group(3)),
                     {k: value(v) for k, v in FIELD.findall(match.group(4))}))
    return rows, sum(int(n) for n in LOST.findall(done.err.decode()))


def traces(bench):
    for firmware in hs_test.UNIX:
        yield firmware + ", stream", bench.trace(firmware=firmware)
        yield firmware + ", three boots", bench.boots(firmware)
        yield firmware + ", ring come round", bench.overwritten(firmware)
    yield "threads", bench.trace("threads")


def difference(rows, dump):
    """The first way in which events of babeltrace2 are not the records of dump."""
    records = [r for r in rows if r[1].startswith("heapstrata:") and r[1] not in SAMPLES]
    if len(records) != len(dump):
        return "%d events, %d records" % (len(records), len(dump))
    for (ns, name, _, fields), record in zip(records, dump):
        if name != "heapstrata:" + record["kind"].lower() or fields["record"] != record["event"]:
            return "%s %s is not %s" % (name, fields, record)
        if abs(ns - record["time_s"] * 1e9) > 1:
            return "%s of record %d at %d ns, not at %.9f s" % (name, record["event"], ns, record["time_s"])
        for key, wanted in record.items():
            shown = "" if fields.get(key) == "-" else fields.get(key)  # no text is empty in a written trace
            if isinstance(wanted, list):
                wanted = "[%s]" % ",".join(map(str, wanted))
            if key != "kind" and key in fields and wanted is not None and shown != wanted:
                return "%s of record %d: %s is %r, not %r" % (name, record["event"], key, fields[key], wanted)
        if isinstance(record.get("at"), str) and int(record["at"], 16) != fields["ptr"]:
            return "%s of record %d: address" % (name, record["event"])
        if fields.get("line") == 0 and fields["file"] not in ("", "-"):
            return "%s of record %d: a file without a line: %s" % (name, record["event"], fields["file"])
        if "where" in record and fields["line"] and \
                record["where"] != "%s:%d %s" % (fields["file"], fields["line"], fields["function"]):
            return "%s of record %d: place %s is not %s" % (name, record["event"], fields, record["where"])
    return ""


def case_records(bench):
    for name, trace in traces(bench):
        for events in ("records", "both"):
            folder, done = bench.export("ctf", trace, "ctf-" + events, "--events", events)
            bench.check("%s, %s: exported" % (name, events), done.status == 0 and not done.err, done.err)
            rows, lost = read(folder)
            dump = bench.dump(trace)
            bench.check("%s, %s: %d records, as babeltrace2 reads them" % (name, events, len(dump)),
                        len(dump) > 100 and not (why := difference(rows, dump)), why)
            bench.check("%s, %s: times never go back" % (name, events), [r[0] for r in rows] == sorted(r[0] for r in rows))
            bench.check("%s, %s: nothing was lost" % (name, events), lost == bench.stat(trace)["lost"] == 0, lost)


def case_losses(bench):
    for firmware in hs_test.UNIX:
        trace = bench.damaged(firmware)
        folder, done = bench.export("ctf", trace, "ctf-damaged")
        bench.check(firmware + ", damaged: exported, with status 2 and a word", done.status == 2 and
                    b"what could be read was exported" in done.err, (done.status, done.err))
        rows, lost = read(folder)
        stat, dump = bench.stat(trace), bench.dump(trace)
        bench.check("%s, damaged: %d discarded events" % (firmware, lost), lost == stat["lost"] > 0, stat["lost"])
        bench.check(firmware + ", damaged: the records that are left", not (why := difference(rows, dump)), why)
        packets = hs_test.run(["babeltrace2", "-c", "sink.text.details", folder]).out.decode()
        spans = re.findall(r"^Discarded events \((\d+) events\)$", packets, re.M)
        bench.check(firmware + ", damaged: two places where events are missing", len(spans) == 2, spans)


def live_set(trace):
    """{address: bytes} of the blocks at the end, from the map."""
    status, shown, error = hs_test.cli_json("map", trace)
    if status != 0:
        raise RuntimeError(error)
    live = {}
    for region in shown["regions"]:
        base, granule = int(region["base"], 16), region["granule_bytes"]
        for match in re.finditer("h=*", region["map"]):
            live[base + granule * match.start()] = granule * len(match.group())
    return live


def case_memory_analysis(bench):
    for name, trace in traces(bench):
        folder, _ = bench.export("ctf", trace, "ctf-libc", "--events", "libc")
        text = hs_test.run(["babeltrace2", folder], timeout=300).out.decode()
        memory = ust_memory.read(text.splitlines())
        stat = bench.stat(trace)
        used = sum(memory.used.values())
        bench.check("%s: %d bytes used by Trace Compass's rules" % (name, used), used == stat["used_bytes"] > 0,
                    "stat says %d" % stat["used_bytes"])
        bench.check("%s: %d blocks are left, those of the map" % (name, len(memory.live)), memory.live == live_set(trace))
        bench.check(name + ": no allocation over a live one, no free of what is not there",
                    memory.inflated == 0 and memory.unknown == 0, (memory.inflated, memory.unknown))
        bench.check(name + ": collections and resizes are in there", memory.counts["realloc"] > 1 and memory.counts["free"] > 1 and
                    (stat["swept"] > 0 or "busy" not in trace), memory.counts)
        bench.check(name + ": no thread ever holds less than nothing", min(memory.lowest.values()) == 0, memory.lowest)
        if name == "threads":
            bench.check("threads: the first, also before there was a second, and the second", sorted(memory.used) == [0, 1],
                        memory.used)
        metadata = open(os.path.join(folder, "metadata"), "rb").read().decode(errors="replace")
        bench.check(name + ": all six events are declared",
                    all('name = "lttng_ust_libc:%s"' % event in metadata for event in LIBC))
        bench.check(name + ": what Trace Compass looks for", all(x in metadata for x in (
            'domain = "ust"', 'tracer_name = "lttng-ust"', "tracer_major = 2", "tracer_minor = 13", "freq = 1000000000",
            "major = 1", "minor = 8", "_vtid", "_procname")) and len(re.findall(r"^(?:stream|clock) \{", metadata, re.M)) == 2)
        bench.check(name + ": nothing else is in the folder", sorted(os.listdir(folder)) == ["metadata", "stream"],
                    os.listdir(folder))


def case_heap_samples(bench):
    trace = bench.trace()
    folder, _ = bench.export("ctf", trace, "ctf-heap", "--events", "records")
    rows, _ = read(folder)
    last = [r for r in rows if r[1] == "heapstrata:heap"][-1][3]
    stat = bench.stat(trace)
    for ours, theirs in (("used", "used_bytes"), ("free", "free_bytes"), ("largest_free", "largest_free_bytes")):
        bench.check("the last sample's %s is stat's" % ours, last[ours] == stat[theirs], (last, stat[theirs]))
    bench.check("the last sample's fragmentation is stat's",
                abs(last["fragmentation_permille"] / 1000 - stat["fragmentation"]) < 0.001, last)


def case_live_by_kind(bench):
    for name, trace in traces(bench):
        folder, _ = bench.export("ctf", trace, "ctf-live", "--events", "records", "--elf", hs_test.firmware(
            "unix32" if "unix32" in name else "unix64"))
        live, wrong = {}, []
        waiting = None
        for _, event, _, fields in read(folder)[0] + [(0, "end", 0, {})]:
            if event != "heapstrata:live" and waiting is not None:
                wrong += [(waiting, sum(live.values()))] if sum(live.values()) != waiting else []
                waiting = None
            if event == "heapstrata:heap":
                waiting = fields["used"]
            elif event == "heapstrata:live":
                live[fields["kind"]] = fields["bytes"]
        bench.check("%s: bytes of the kinds of blocks make up what is used, at every sample" % name, not wrong, wrong[:3])
        bench.check("%s: %d kinds of blocks" % (name, len(live)), len(live) > 5, live)


def case_two_in_a_folder(bench):
    """Exports of two runs in one folder are no session: they are not read as one."""
    hs_test.need("BABELTRACE2")
    folder = bench.path("both")
    os.makedirs(folder, exist_ok=True)
    for name, trace in (("one", bench.trace()), ("two", bench.trace(firmware="unix32"))):
        hs_test.cli("export", "-f", "ctf", "-o", os.path.join(folder, name), trace)
    done = hs_test.cli("stat", folder)
    bench.check("two exports in one folder: refused, and both are named", done.status == 2 and b"do not belong together" in done.err and
                b"/one" in done.err and b"/two" in done.err, (done.status, done.err))
    done = hs_test.cli("stat", os.path.join(folder, "one"))
    bench.check("one of them is read", done.status == 0, done.err)


def case_atomic(bench):
    """A folder is there when it is whole, or not at all; nothing of the user's is overwritten."""
    hs_test.need("BABELTRACE2")
    trace = bench.trace()
    folder = bench.path("atomic")
    os.makedirs(folder)
    taken = os.path.join(folder, "taken")
    os.makedirs(taken, exist_ok=True)
    open(os.path.join(taken, "precious"), "w").close()
    done = hs_test.cli("export", "-f", "ctf", "-o", taken, trace)
    bench.check("a folder that is there is not replaced", done.status == 2 and b"cannot write" in done.err and
                os.listdir(taken) == ["precious"], done.err)
    bad = os.path.join(folder, "bad.hst")
    with open(bad, "wb") as f:
        f.write(b"no trace\n" * 100)
    done = hs_test.cli("export", "-f", "ctf", "-o", os.path.join(folder, "x"), bad)
    bench.check("no trace: status 2, its name, and no folder", done.status == 2 and bad.encode() in done.err, done.err)
    done = hs_test.cli("export", "-f", "ctf", "-o", os.path.join(folder, "no", "such", "x"), trace)
    bench.check("a folder that cannot be made", done.status == 2 and b"cannot write" in done.err, done.err)
    bench.check("nothing is left beside", sorted(os.listdir(folder)) == ["bad.hst", "taken"], os.listdir(folder))
    child = subprocess.Popen([hs_test.CLI, "export", "-f", "ctf", "-o", os.path.join(folder, "killed"), "-"],
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(trace, "rb") as f:
        child.stdin.write(f.read(3000))
        child.stdin.flush()
    while not [n for n in os.listdir(folder) if n.startswith(".killed")] and child.poll() is None:
        pass
    child.kill()
    child.wait()
    left = [n for n in os.listdir(folder) if n not in ("bad.hst", "taken")]
    whole = [root for root, _, files in os.walk(folder) if "metadata" in files]
    bench.check("killed half-way: nothing that looks complete", all(n.startswith(".killed.") for n in left) and not whole,
                (left, whole))


def case_bad_usage(bench):
    trace = bench.trace()
    for args, expected in ((["-f", "ctf"], "not in this build" if "BABELTRACE2" in hs_test.LACKS else "name a folder with -o"), (["-o", "x"], "--format is missing"),
                           (["-f", "nonsense", "-o", "x"], "no such format: 'nonsense'"),
                           (["-f", "ctf", "-o", "x", "--events", "some"], "--events takes records|libc|both")):
        done = hs_test.cli("export", *args, trace, cwd=hs_test.scratch())
        bench.check("bad usage: " + " ".join(args), done.status == 2 and expected in done.err.decode(), done.err)
