# SPDX-License-Identifier: MIT
"""top --batch: its figures are stat's, from every kind of source."""
import json
import os
import socket
import subprocess
import threading
import time

import hs_port
import hs_test
from sources import DEMO, FIRMWARE, HERE, STEADY, demo, path, start

FIGURES = ("events allocs frees reallocs swept failed lost emitted records packets collections marks sites total_bytes "
           "peak_used_bytes used_bytes free_bytes largest_free_bytes free_runs fragmentation blocks requested_bytes").split()
TOP = [hs_test.NATIVE, "top", "--batch"]


def looks(out):
    return [json.loads(line) for line in out.decode().splitlines()]


def check_end(tap, name, done, trace):
    """The last look is that of the end, with stat's figures."""
    seen = looks(done.out)
    if not tap.check("%s: ends well" % name, done.status == 0 and seen, (done.status, done.err)):
        return []
    _, stat, err = hs_test.cli_json("stat", trace)
    wrong = {k: (seen[-1].get(k), stat.get(k)) for k in FIGURES if seen[-1].get(k) != stat.get(k)}
    tap.check("%s: %d figures are stat's" % (name, len(FIGURES)), not wrong and seen[-1]["state"] == "ended", wrong)
    return seen


def case_finished(tap):
    """Each kind of input, when nothing comes any more."""
    seen = check_end(tap, "a .hst", hs_test.run(TOP + ["--json", demo()]), demo())
    tap.check("once is enough", len(seen) == 1, len(seen))
    report = hs_test.cli_json("report", demo())[1]
    sums = {x["line"]: (x["requested_bytes"], x["live_bytes"]) for x in seen[-1]["lines"]} if seen else {}
    rows = [(r["line"], (r["bytes"], r["live_bytes"])) for r in report.get("rows", report.get("sites", []))]
    tap.check("%d lines as in the report" % len(rows), rows and all(sums.get(n) == v for n, v in rows),
              [(n, v, sums.get(n)) for n, v in rows if sums.get(n) != v][:5])
    stream, ring = path("stream.hst"), path("ring.bin")
    for env in ({"HEAPSTRATA_OUT": stream}, {"HEAPSTRATA_RING": ring + ":32K"}):
        start(STEADY, "0.5", **env).wait()
    check_end(tap, "a stream", hs_test.run(TOP + ["--json", stream]), stream)
    check_end(tap, "a ring", hs_test.run(TOP + ["--json", ring]), ring)
    with open(stream, "rb") as f:
        check_end(tap, "standard input", hs_test.run(TOP + ["--json", "-"], stdin=f), stream)


def case_growing(tap):
    """Looks while it grows, and one at the end, which top notices by itself."""
    for name, env in (("a stream that grows", {"HEAPSTRATA_OUT": path("grow.hst"), "HEAPSTRATA_PACKET": "1024"}),
                      ("a ring of a running process", {"HEAPSTRATA_RING": path("live.bin") + ":32K"})):
        trace = list(env.values())[0].split(":")[0]
        firmware = start(STEADY, "2", **env)
        while not os.path.exists(trace):
            time.sleep(0.02)
        done = hs_test.run(TOP + ["--json", "--delay", "0.5", trace], timeout=20)
        seen = check_end(tap, name, done, trace)
        records = [s["records"] for s in seen]
        tap.check("%s: it is seen to grow, %d times" % (name, len(seen)), len(set(records)) >= 3 and records == sorted(records) and
                  all(s["state"] == "following" for s in seen[:-1]), [(s["state"], s["records"]) for s in seen])
        check_rates(tap, name, seen)
        firmware.wait()


def check_rates(tap, name, seen):
    """steady.py allocates at one pace: each look's rate is that of the whole run."""
    line = [x for s in seen for x in s["lines"] if x["line"].endswith("/steady.py:10 <listcomp>")]
    rates = sorted(x["requests_per_second"] for x in line)
    middle = rates[len(rates) // 2] if rates else 0
    whole = line[-1]["requests"] / seen[-1]["seconds"] if line else 0
    tap.check("%s: %.0f allocations a second, %.0f over the whole run" % (name, middle, whole), middle > 1000 and
              abs(middle - whole) < 0.15 * whole, rates)


def case_recorded(tap):
    """The .hst that `record` is still writing."""
    trace = path("recorded.hst")
    recorder = subprocess.Popen([hs_test.NATIVE, "record", "-q", "-o", trace, "--", FIRMWARE, STEADY, "4.5"], stdout=subprocess.DEVNULL,
                                env={**os.environ, "HEAPSTRATA_PACKET": "1024"})
    while not os.path.exists(trace) or not os.path.getsize(trace):
        time.sleep(0.02)
    done = hs_test.run(TOP + ["--json", "--delay", "0.5", trace], timeout=20)
    recorder.wait()
    seen = check_end(tap, "a recording", done, trace)
    tap.check("a recording: looked at while it was made", len({s["records"] for s in seen}) >= 3 and seen[-1]["seconds"] > 4, [s["records"] for s in seen])


def case_program(tap):
    done = hs_test.run(TOP + ["--json", "--delay", "0.5", "--", FIRMWARE, "-X", "heapsize=68k", "logger.py"], cwd=DEMO)
    seen = looks(done.out)
    stat = hs_test.cli_json("stat", demo())[1]
    same = "allocs frees reallocs failed used_bytes free_bytes largest_free_bytes blocks peak_used_bytes".split()
    tap.check("a program: its status is passed on", done.status == 1, done.status)
    tap.check("a program: what it prints goes to standard error", b"MemoryError" in done.err and b"uploaded" in done.err, done.err)
    tap.check("a program: figures as when it was recorded", seen and all(seen[-1][k] == stat[k] for k in same),
              seen and [(k, seen[-1][k], stat[k]) for k in same if seen[-1][k] != stat[k]])
    done = hs_test.run(TOP + ["--json", "--delay", "0.5", "--number", "3", FIRMWARE, STEADY, "60"])
    tap.check("a program is ended with top: three looks, no more", done.status == 0 and len(looks(done.out)) == 3, done.out[:200])
    tap.check("and nothing of it is left", not running(STEADY + " 60"))
    done = hs_test.run(TOP + [hs_test.firmware("unix64", plain=True), STEADY, "0.2"])
    tap.check("a firmware without hooks: 2, and why", done.status == 2 and b"gave no trace" in done.err, (done.status, done.err))
    done = hs_test.run(TOP + ["--", "/no/such/firmware", "x.py"])
    tap.check("no such program: 2, and why", done.status == 2 and b"cannot run /no/such/firmware: No such file" in done.err, done.err)


def running(arguments):
    out = subprocess.run(["ps", "-eo", "args"], stdout=subprocess.PIPE).stdout.decode().splitlines()
    return [x for x in out if arguments in x and hs_test.CLI not in x and "ps -eo" not in x]


def case_reader_gone(tap):
    """`top ... | head -1`: the program that it runs must not stay behind."""
    top = subprocess.Popen(TOP + ["--delay", "0.3", FIRMWARE, STEADY, "50"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    top.stdout.readline()
    top.stdout.close()
    status = top.wait(timeout=20)
    tap.check("its output is closed: it ends, by SIGPIPE, and what it ran too", status == -13 and not running(STEADY + " 50"), status)


def case_lines(tap):
    """Over TCP, which it waits for, and a pseudo terminal, with noise."""
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    top = subprocess.Popen(TOP + ["--json", "--delay", "0.3", "tcp-listen:127.0.0.1:%d" % port], stdout=subprocess.PIPE)
    time.sleep(0.3)
    work = os.path.join(os.path.dirname(HERE), "stream", "work.py")
    ring = path("tcp.ring")
    firmware = start(work, str(port), "700", "1", "1", heap="128k", HEAPSTRATA_RING=ring + ":256k")
    seen = looks(top.communicate(timeout=60)[0])
    firmware.wait()
    tap.check("TCP: followed to the end", top.returncode == 0 and len(seen) > 1 and seen[-1]["state"] == "ended", seen[-1:])
    hottest = seen[-2]["lines"][0]["line"] if len(seen) > 1 else ""
    tap.check("TCP: the line that allocates is the first", "/work.py:" in hottest, hottest)
    stream = path("stream.hst")
    port = hs_port.Port()
    top = subprocess.Popen(TOP + ["--json", "--delay", "0.3", port.name], stdout=subprocess.PIPE)
    time.sleep(0.4)
    threading.Thread(target=feed, args=(port, stream), daemon=True).start()
    check_end(tap, "a serial line with other output on it", finished(top), stream)


def finished(process):
    out, err = process.communicate(timeout=60)
    return hs_test.Done(process.returncode, out, err or b"")


def feed(port, stream):
    with open(stream, "rb") as f:
        data = b"boot: hello\r\n" + f.read() + b">>> done\r\n"
    while data:
        data = data[os.write(port.master, data[:2000]):]
    time.sleep(0.7)
    port.close()


def case_text(tap):
    out = hs_test.run(TOP + ["--limit", "24", demo()], env={"LC_ALL": "C", "COLUMNS": "80"}).out.decode()
    lines = out.splitlines()
    stat = hs_test.cli_json("stat", demo())[1]
    tap.check("text: 24 lines of 80 columns, ASCII, no colours", len(lines) == 24 and max(map(len, lines)) <= 80 and out.isascii()
              and "\033" not in out, out)
    tap.check("text: figures", "{:,} of {:,} bytes used".format(stat["used_bytes"], stat["total_bytes"]) in out and
              "the longest {:,}: fragmentation {:.1f}%".format(stat["largest_free_bytes"], 100 * stat["fragmentation"]) in out, out)
    tap.check("text: the failure", "12,288 bytes at logger.py:47 main, fragmented" in out, out)
    out = hs_test.run(TOP + ["--filter", "SUMMARISE", "--no-map", demo()]).out.decode()
    table = out[out.index("M LINE"):]
    tap.check("a filter, whatever the case", "logger.py:18 summarise" in table and "logger.py:13" not in table, out)
    verdict = hs_test.cli_json("doctor", demo())[1]["findings"][0]["verdict"]
    tap.check("above the table: the doctor's sentence", verdict in " ".join(out.split()), out)
    for order, key in (("live", "live_bytes"), ("blocks", "live_blocks"), ("total", "requested_bytes"), ("bytes", "bytes_per_second")):
        values = [x[key] for x in looks(hs_test.run(TOP + ["--json", "--sort", order, demo()]).out)[0]["lines"]]
        tap.check("sorted by %s" % order, values == sorted(values, reverse=True) and values[0] > values[-1], values)


def case_errors(tap):
    for args, why in ((["no-such.hst"], b"no-such.hst: No such file"), ([hs_test.ROOT + "/README.md"], b"README.md"),
                      (["--delay", "0", demo()], b"--delay takes 0.25 to 3600 seconds"), (["tcp:nowhere"], b"tcp:HOST:PORT")):
        done = hs_test.run(TOP + args)
        tap.check("%s: 2, and why" % " ".join(map(os.path.basename, args)), done.status == 2 and why in done.err, (done.status, done.err))
    done = hs_test.run([hs_test.NATIVE, "top", demo()], env={"TERM": "xterm"})
    tap.check("no terminal, no screen: --batch is named", done.status == 2 and b"no terminal; --batch" in done.err and not done.out, done.err)
    done = hs_test.run([hs_test.NATIVE, "top", "--json", demo()])
    tap.check("--json is for --batch", done.status == 2 and b"--batch" in done.err, done.err)
    done = hs_test.run(TOP + ["--region", "gc", "--json", demo()])
    tap.check("a region", done.status == 0 and looks(done.out)[0]["used_bytes"] == hs_test.cli_json("stat", demo())[1]["used_bytes"], done.err)
    done = hs_test.run([hs_test.NATIVE, "top", demo(), "--batch"])
    tap.check("options behind the source: 2, and where they go", done.status == 2 and b"in front of the source" in done.err, done.err)
    done = hs_test.run(TOP + ["--region", "none", demo()])
    tap.check("no such region: 2, and those that there are", done.status == 2 and b"no region 'none'; its regions are 'gc'" in done.err, done.err)
    empty = path("empty.hst")
    open(empty, "wb").close()
    done = hs_test.run(TOP + [empty], timeout=10)
    tap.check("an empty file that no process writes to", done.status == 2 and b"empty.hst" in done.err, (done.status, done.err))
