#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What LTTng receives from the firmware, against the .hst that it recorded beside."""
import json
import os
import re
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_lttng
import hs_test

FIRMWARE = os.path.join(hs_test.MP, "unix64-lttng", "micropython")
PROGRAMS = os.path.join(os.path.dirname(HERE), "export", "programs")
LINE = re.compile(r"heapstrata:(\w+): (?:\{[^{}]*\}, )*\{ (.*) \}$")
LIST = re.compile(r"(\w+) = \[ ?((?:\[\d+\] = \w+(?:, )?)*) ?\]")
FIELD = re.compile(r'(\w+) = ("(?:[^"\\]|\\.)*"|-?\w+)(?:, |$)')
# What dump shows besides the record's own fields, and what LTTng has in the site's place.
BESIDES = {"event", "time_s", "boot", "kind", "at", "freed", "where", "unplaced", "resync", "moved", "diverged", "site"}


class Tracer(hs_lttng.Tracer):
    def start(self, *channel):
        self.run("lttng", "enable-channel", "-u", "c", *channel)
        self.run("lttng", "enable-event", "-u", "-c", "c", "heapstrata:*")
        self.run("lttng", "add-context", "-u", "-t", "vtid")
        self.run("lttng", "start")

    def firmware(self, trace):
        """Runs the program, recording beside."""
        if os.path.exists(trace):
            os.unlink(trace)
        done = hs_test.run([FIRMWARE, "-X", "heapsize=160k", "busy.py"], cwd=PROGRAMS,
                           env=dict(self.env, HEAPSTRATA_OUT=trace, HEAPSTRATA_REFS=""))
        if done.status != 0:
            raise RuntimeError("the program ended with %s: %s" % (done.status, done.err))


def wait_for(what, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return False


def read(text):
    """[(kind, fields)] of what babeltrace2 prints."""
    rows = []
    for line in text.splitlines():
        match = LINE.search(line)
        if match:
            fields = {k: re.sub(r"\\(.)", r"\1", v[1:-1]) if v[0] == '"' else int(v, 0) for k, v in FIELD.findall(match.group(2))}
            fields.update((k, [int(value, 0) for value in re.findall(r"= (\w+)", v)]) for k, v in LIST.findall(match.group(2)))
            rows.append((match.group(1), fields))
    return rows


def dump(trace):
    return [json.loads(line) for line in hs_test.cli("dump", trace, "--json").out.splitlines()]


def difference(events, records):
    """The first way in which events are not these records."""
    if len(events) != len(records):
        return "%d events, %d records" % (len(events), len(records))
    for (kind, fields), record in zip(events, records):
        if kind != record["kind"].lower():
            return "%s %s is not %s" % (kind, fields, record)
        for name in sorted(set(record) - BESIDES):
            if name not in fields:
                return "%s has no %s: %s" % (kind, name, fields)
            shown = list(bytes.fromhex(record[name])) if isinstance(fields[name], list) and isinstance(record[name], str) else record[name]
            if shown not in (None, "") and fields[name] != shown:  # of an empty text babeltrace2 2.0.4 shows an earlier one
                return "%s: %s is %r, not %r: %s" % (kind, name, fields[name], record[name], record)
        if "at" in record and fields["ptr"] != int(record["at"], 16):
            return "%s at %x, not %s" % (kind, fields["ptr"], record["at"])
        if fields.get("line") and record["where"] != "%s:%d %s" % (fields["file"], fields["line"], fields["function"]):
            return "%s: %s is not %s" % (kind, fields, record["where"])
    return ""


def text_of(folder):
    return hs_test.run(["babeltrace2", folder], timeout=120).out.decode()


def in_folder(tap, tracer):
    folder, trace = os.path.join(hs_test.scratch(), "normal"), os.path.join(hs_test.scratch(), "normal.hst")
    tracer.run("lttng", "create", "normal", "--output=" + folder)
    tracer.start("--blocking-timeout=inf")
    tracer.firmware(trace)
    tracer.run("lttng", "destroy", "normal")
    text, records = text_of(folder), dump(trace)
    events = read(text)
    tap.check("into a folder: %d events are the %d records beside" % (len(events), len(records)),
              len(records) > 5000 and not (why := difference(events, records)), why)
    lines = sum(bool(f.get("line")) for _, f in events)
    tap.check("into a folder: %d events with their line of Python" % lines, lines > 3000)
    threads = set(re.findall(r"vtid = (\d+)", text))
    tap.check("into a folder: contexts of LTTng's own", len(threads) == 1 and threads != {"0"}, threads)
    tap.check("no session: the same is recorded", tracer.firmware(trace) is None and
              [r["kind"] for r in dump(trace)] == [r["kind"] for r in records])


def snapshot(tap, tracer):
    folder, trace = os.path.join(hs_test.scratch(), "snapshot"), os.path.join(hs_test.scratch(), "snapshot.hst")
    tracer.run("lttng", "create", "flight", "--snapshot", "--output=" + folder)
    tracer.start("--overwrite", "--subbuf-size=64K", "--num-subbuf=4")
    tracer.firmware(trace)
    tracer.run("lttng", "snapshot", "record", "--session=flight")
    tracer.run("lttng", "destroy", "flight")
    records = dump(trace)
    events = per_processor_end(folder, records)
    tap.check("a snapshot: its %d events are the last of %d records" % (len(events), len(records)),
              500 < len(events) < len(records) and not (why := difference(events, records[-len(events):])), why)


def per_processor_end(folder, records):
    """The events behind the point from which on no processor's buffer lacks any: each has overwritten up to a place of
    its own, and where the process moved between them there are gaps before."""
    events = read(text_of(folder))
    n = 0
    while n < min(len(events), len(records)) and events[-1 - n][0] == records[-1 - n]["kind"].lower() and \
            not difference(events[-1 - n:][:1], records[-1 - n:][:1]):
        n += 1
    return events[len(events) - n:]


def free_ports(n):
    held = [socket.socket() for _ in range(n)]
    for s in held:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def live(tap, tracer):
    control, data, viewer = free_ports(3)
    trace = os.path.join(hs_test.scratch(), "live.hst")
    tracer.relay = subprocess.Popen(
        ["lttng-relayd", "--control-port=tcp://127.0.0.1:%d" % control, "--data-port=tcp://127.0.0.1:%d" % data,
         "--live-port=tcp://127.0.0.1:%d" % viewer, "--output=" + os.path.join(hs_test.scratch(), "relay")],
        env=tracer.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def answers():
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", viewer)) == 0

    tap.check("live: the relay daemon answers", wait_for(answers))
    tracer.run("lttng", "create", "live", "--live=200000", "--ctrl-url=tcp://127.0.0.1:%d" % control,
               "--data-url=tcp://127.0.0.1:%d" % data)
    tracer.start("--blocking-timeout=inf")
    url = "net://127.0.0.1:%d/host/%s/live" % (viewer, socket.gethostname())
    out = os.path.join(hs_test.scratch(), "live.txt")
    with open(out, "wb") as f:
        reader = subprocess.Popen(["babeltrace2", "--input-format=lttng-live", url], stdout=f, stderr=subprocess.PIPE,
                                  env=tracer.env)
    tracer.firmware(trace)
    records = dump(trace)
    came = wait_for(lambda: open(out, errors="replace").read().count("heapstrata:") >= len(records) or
                    reader.poll() is not None, 60)
    alive = reader.poll() is None
    tracer.run("lttng", "destroy", "live")
    try:
        _, err = reader.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        reader.kill()
        _, err = reader.communicate()
    events = read(open(out, errors="replace").read())
    tap.check("live, through lttng-relayd: %d events came while the session ran" % len(events), came and alive, err)
    tap.check("live: they are the %d records beside" % len(records), not (why := difference(events, records)), why)


def main():
    tap = hs_test.Tap()
    with Tracer() as tracer:
        for case in (in_folder, snapshot, live):
            try:
                case(tap, tracer)
            except (RuntimeError, OSError) as problem:  # a broken case must not hide the others
                tap.check(case.__name__, False, problem)
    tap.finish()


if __name__ == "__main__":
    main()
