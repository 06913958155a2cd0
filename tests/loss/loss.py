#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing is lost silently: emitted = decoded + overwritten + lost, on real firmware.

The device counts what it offers to the recorder (heapstrata.stats(), and the TOTAL record at a stop). The
host's count must be the same, in stream mode and in rings of any size: records that are there, records of
packets that were overwritten, and records that were counted as lost.
"""
import ast
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test
import qemu_mp

SIZES = ("1k", "1500", "2k", "4k", "5000", "8k", "16k", "64k", "256k", "1m", "8m")
PACKETS = ("128", "200", "256", "1000", "4096", "16384")
WRONG_PACKETS = ("1", "127", "65535", "70000", "8000000")
BETWEEN = 16  # records at most between the moment of stats() and the mark: the dict that it returns


def lines(trace, *more):
    done = hs_test.cli("dump", trace, "--json", *more)
    return done.status, [json.loads(line) for line in done.out.splitlines()]


class Trace:
    """What the host says of a trace."""

    def __init__(self, path):
        self.status, self.stat, self.error = hs_test.cli_json("stat", path)
        _, self.packets = lines(path, "--packets")
        _, self.special = lines(path, "--kind", "mark,total,lost,level,reset")

    def check(self, device):
        """What is wrong with the counts, line by line; `device` is heapstrata.stats() of the last boot."""
        wrong = []
        if self.status != 0 or not self.stat:
            return ["stat ended with %s: %s" % (self.status, self.error)]
        emitted, records, lost = self.stat["emitted"], self.stat["records"], self.stat["lost"]
        boot = [p for p in self.packets if not p.get("refused")]
        before, gaps = boot[0]["record"], 0
        for a, b in zip(boot, boot[1:]):
            gaps += b["record"] - a["record"] - a["records"]
        if sum(p["records"] for p in boot) != records:
            wrong.append("%d records, %d in the packets" % (records, sum(p["records"] for p in boot)))
        if emitted != before + records + gaps:
            wrong.append("emitted %d, but %d before the first packet, %d decoded, %d between packets"
                         % (emitted, before, records, gaps))
        if gaps != lost:
            wrong.append("%d are missing between packets, %d counted as lost" % (gaps, lost))
        if lost != device["lost"]:
            wrong.append("lost %d, the device says %d" % (lost, device["lost"]))
        return wrong + self.check_mark(device, emitted)

    def check_mark(self, device, emitted):
        total = [e for e in self.special if e["kind"] == "TOTAL"]
        mark = [e for e in self.special if e["kind"] == "MARK" and e.get("label") == "stats"]
        if not total or not mark:
            return ["no TOTAL or no mark at the end: %s" % [e["kind"] for e in self.special][-5:]]
        wrong = []
        if not 0 <= mark[-1]["event"] - device["records"] <= BETWEEN:
            wrong.append("the mark is record %d, the device had counted %d" % (mark[-1]["event"], device["records"]))
        if total[-1]["emitted"] != total[-1]["event"]:
            wrong.append("TOTAL says %d, and is record %d" % (total[-1]["emitted"], total[-1]["event"]))
        if emitted != total[-1]["event"] + 1:
            wrong.append("emitted %d, the last record is %d" % (emitted, total[-1]["event"]))
        return wrong


def device_stats(text):
    line = [x for x in text.decode(errors="replace").splitlines() if x.startswith("{'")]
    return ast.literal_eval(line[-1]) if line else None


def on_unix(tap, firmware, name, script, **how):
    path = os.path.join(hs_test.scratch(), "trace")
    if os.path.exists(path):
        os.unlink(path)
    ring = how.pop("size", None)
    where = {"ring": "%s:%s" % (path, ring)} if ring else {"trace": path}
    done = hs_test.run_firmware(firmware, [os.path.join(HERE, script)], **where, **how)
    device = device_stats(done.out)
    title = "%s %s, %s" % (firmware, name, script)
    if not device:
        tap.check(title, False, done.out[-300:] + done.err[-300:])
        return
    trace = Trace(path)
    wrong = trace.check(device)
    whole = trace.packets and trace.packets[0]["record"] == 0
    if not ring and not whole:
        wrong.append("a stream that does not begin with the first record")
    kept = "%d of %d records" % (trace.stat["records"], trace.stat["emitted"]) if trace.stat else ""
    tap.check("%s: %s" % (title, kept), not wrong, "\n".join(wrong))


def wrong_packet(tap, firmware, packet):
    """A packet size that cannot be is refused aloud, and the default taken."""
    path = os.path.join(hs_test.scratch(), "wrong")
    if os.path.exists(path):
        os.unlink(path)
    done = hs_test.run_firmware(firmware, [os.path.join(HERE, "work.py")], ring=path + ":64k",
                                env={"HEAPSTRATA_PACKET": packet})
    said = b"HEAPSTRATA_PACKET=" + packet.encode() in done.err
    device = device_stats(done.out)
    tap.check("%s: a packet of %s bytes is refused" % (firmware, packet),
              done.status == 0 and said and device and not Trace(path).check(device), done.err)


def cut_stream(tap, firmware):
    """A file that cannot grow: the program goes on, says so once, and the reader says so too."""
    path = os.path.join(hs_test.scratch(), "cut")
    done = hs_test.run(["sh", "-c", "trap '' XFSZ; ulimit -f 20; exec \"$@\"", "sh", hs_test.firmware(firmware),
                        os.path.join(HERE, "work.py")], env={"HEAPSTRATA_OUT": path})
    device = device_stats(done.out)
    tap.check("%s: the program ends as without a full disk" % firmware, done.status == 0 and device, done.err)
    tap.check("%s: a full disk is reported, once" % firmware, done.err.count(b"cut short") == 1, done.err)
    trace = Trace(path)
    tap.check("%s: a cut trace is reported: %s" % (firmware, trace.error.strip()[-120:]), trace.status == 2, trace.error)
    found = trace.stat["records"] if trace.stat else 0
    tap.check("%s: %d records of a cut trace" % (firmware, found), 0 < found < device["records"], trace.error)
    os.unlink(path)


def on_qemu(tap):
    path = os.path.join(hs_test.scratch(), "ring.bin")
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU)) as board, open(os.path.join(HERE, "work.py"), "rb") as f:
        source = f.read()
        for name, again in (("the first time", 0), ("after a reset of the trace", 0), ("again, many times", 12)):
            if name != "the first time":
                board.run("import heapstrata; heapstrata.reset(); heapstrata.start()")
            for _ in range(again):
                board.run(source)
                board.run("heapstrata.start()")
            out, error = board.run(source, timeout=120)
            board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, path)
            trace = Trace(path)
            device = device_stats(out)
            wrong = trace.check(device) if device else [error]
            tap.check("qemu-arm %s: %s records" % (name, trace.stat and trace.stat["records"]), not wrong,
                      "\n".join(map(str, wrong)))


def main():
    tap = hs_test.Tap()
    for firmware in hs_test.UNIX:
        for script in ("work.py", "threads.py"):
            on_unix(tap, firmware, "stream", script)
            for size in SIZES:
                on_unix(tap, firmware, "ring of " + size, script, size=size)
        for packet in PACKETS:
            env = {"HEAPSTRATA_PACKET": packet}
            on_unix(tap, firmware, "stream, packets of " + packet, "work.py", env=env)
            on_unix(tap, firmware, "ring of 64k, packets of " + packet, "work.py", size="64k", env=env)
        on_unix(tap, firmware, "ring of 64k, with stacks", "work.py", size="64k", env={"HEAPSTRATA_STACKS": "1"})
        on_unix(tap, firmware, "stream, with stacks", "threads.py", env={"HEAPSTRATA_STACKS": "1"})
        for packet in WRONG_PACKETS:
            wrong_packet(tap, firmware, packet)
        cut_stream(tap, firmware)
    on_qemu(tap)
    tap.finish()


if __name__ == "__main__":
    main()
