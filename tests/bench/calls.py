# SPDX-License-Identifier: MIT
"""Calls: real C programs, recorded by LTTng's wrapper of the C library and once more by ours, in both versions of the format; and
real lwIP as two kinds of firmware have it, recorded by our own hooks in both versions."""
import collections
import json
import math
import os
import signal
import subprocess

import bare
import common
import hs_cores
import peers
import synthetic
import web

WRAPPER = "liblttng-ust-libc-wrapper.so"
DIVISORS = [1, 1000]  # of LTTng's nanoseconds
SQL = ("create table t(a, b); with recursive c(x) as (select 1 union all select x + 1 from c where x < 3000) insert into t select x, "
       "hex(randomblob(20)) from c; create index i on t(b); select * from t where a % 7 = 3 order by b; "
       "select a, group_concat(b) from t group by a % 13; update t set b = b || 'x' where a < 900; delete from t where a % 3 = 0;")
PYTHON = ("import json, re, collections\nfor n in range(8):\n    d = {str(k): [k] * 3 for k in range(500)}\n    json.loads(json.dumps(d))\n")
C = ("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <math.h>\n#include <sys/socket.h>\n#include <netinet/in.h>\n"
     "int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i * i % 7; return s; }\n"
     "int main(int argc, char **argv) { printf(\"%d %s\\n\", f(argc), argv[0]); return 0; }\n")


def programs(folder):
    source = os.path.join(folder, "program.c")
    with open(source, "w") as f:
        f.write(C)
    compiler = common.output("gcc", "-print-prog-name=cc1").strip()
    return [("sqlite3", ["sqlite3", ":memory:", SQL]), ("python3, PYTHONMALLOC=malloc", ["env", "PYTHONMALLOC=malloc", "/usr/bin/python3", "-c", PYTHON]),
            ("gcc", [compiler, "-quiet", "-O1", source, "-o", os.devnull])]


def record(folder, name, command):
    """The program's calls, as a .hst."""
    environ = dict(os.environ, HOME=folder, LTTNG_HOME=folder, LTTNG_UST_ALLOW_BLOCKING="1")
    name = name.split(",")[0]
    session, trace = os.path.join(folder, name), os.path.join(folder, name + ".hst")

    def lttng(*arguments):
        subprocess.run(["lttng", *arguments], env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    lttng("create", name, "--output=" + session)
    lttng("enable-channel", "-u", "c", "--blocking-timeout=inf", "--subbuf-size=1M")
    lttng("enable-event", "-u", "-c", "c", "lttng_ust_libc:*")
    for context in ("vpid", "vtid", "procname", "ip"):
        lttng("add-context", "-u", "-c", "c", "-t", context)
    lttng("start")
    subprocess.run(command, env=dict(environ, LD_PRELOAD=WRAPPER), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
    lttng("destroy", name)
    common.output(common.CLI, "import", "-o", trace, session)
    return trace


def adaptive_bits(data, order):
    """Bits that an adaptive model of this order needs: each byte by how often it followed the same bytes before; if it never did,
    an escape, and the next lower order (PPM, method C). Nothing is known at the start, so it is what a compressor of that
    kind would write."""
    seen = [collections.defaultdict(dict) for _ in range(order + 1)]
    bits = 0.0
    for i, byte in enumerate(data):
        for k in range(min(order, i), -1, -1):
            counts = seen[k][data[i - k:i]]
            total = sum(counts.values())
            if byte in counts:
                bits -= math.log2(counts[byte] / (total + len(counts)))
                break
            if counts:
                bits -= math.log2(len(counts) / (total + len(counts)))
        else:
            bits += 8
        for k in range(min(order, i) + 1):
            counts = seen[k][data[i - k:i]]
            counts[byte] = counts.get(byte, 0) + 1
    return bits


def left_in(stream, events):
    """Bytes an event that a model of order 2 needs for a stream."""
    with open(stream, "rb") as f:
        return adaptive_bits(f.read(), 2) / 8 / events


def rows_of(recoder, name, trace):
    for divisor in DIVISORS:
        out = {v: trace + ".v" + v for v in ("2", "3")}
        found = {v: synthetic.pairs(common.output(recoder, trace, v, str(divisor), out[v])) for v in out}
        size = {v: found[v]["bytes"][0] for v in found}
        ns = {v: sorted(found[v]["ns"])[2] for v in found}
        left = {v: left_in(out[v], os.path.getsize(out[v]) / size[v]) for v in out}
        yield [name, "1 ns" if divisor == 1 else "1 us", size["2"], size["3"], size["3"] / size["2"], left["2"], left["3"], ns["2"], ns["3"]]


def firmware_row(name, firmware, folder):
    """The same for a firmware of web.py, whose hook writes both versions itself."""
    out = {v: firmware(folder, v) for v in ("2", "3")}
    events = {v: json.loads(common.output(common.CLI, "stat", "--json", out[v]))["events"] for v in out}
    size = {v: os.path.getsize(out[v]) / events[v] for v in out}
    left = {v: left_in(out[v], events[v]) for v in out}
    return [name, "1 us", size["2"], size["3"], size["3"] / size["2"], left["2"], left["3"], None, None]


def run(report):
    report.section("calls", "Calls: bytes an event of real C programs, definitions included, before any compression")
    recoder = common.compile_c("recoder", ["tests/bench/replay_main.c"] + hs_cores.LIB, bare.PORT, "-DHS_LEARN=1",
                               os.path.join(common.BUILD, "libheapstrata.a"), "-lzstd")
    rows = []
    with common.scratch() as folder:
        pid = os.path.join(folder, "pid")
        environ = dict(os.environ, HOME=folder, LTTNG_HOME=folder)
        subprocess.run(["lttng-sessiond", "--daemonize", "--no-kernel", "--pidfile=" + pid], env=environ, check=True, timeout=60)
        try:
            for name, command in programs(folder):
                rows += rows_of(recoder, name, record(folder, name, command))
        finally:
            with open(pid) as f:
                os.kill(int(f.read()), signal.SIGTERM)
        for name, firmware in (("lwIP, its pools and heap", web.lwip), ("lwIP in ESP-IDF, by malloc()", web.esp_idf)):
            rows.append(firmware_row(name, firmware, folder))
    report.table("calls", ["program", "clock", "version 2", "version 3", "ratio", "order 2 of it, 2", "order 2 of it, 3", "ns, version 2",
                            "ns, version 3"], rows,
                 "order 2: bytes an event that an adaptive model of the stream's bytes, each after two others, still needs")
    report.table("peers", ["recorder", "bytes an event", "measured"],
                 [[name, peers.RECORDERS[name][2], peers.EARLIER] for name in ("SystemView into RTT", "barectf, compact schema")])
    for row in rows:
        report.target("%s, clock of %s, version 3: bytes an event" % (row[0], row[1]), row[3], 2.0)
