#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What outlives a reset, and what must not be taken for what lay there before.

A second boot in the same ring; another firmware in it; kill -9 at any moment, again and again; QEMU's reset
button; program text that is loaded where other text has been.
"""
import collections
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(os.path.dirname(HERE), d) for d in ("tools", "oracle")]
import hs_test
import meminfo
import qemu_mp

KILLS = int(os.environ.get("HS_KILLS", "200"))  # of all rings together
RESETS = int(os.environ.get("HS_RESETS", "10"))
SEED = int(os.environ.get("HS_SEED", "1"))


def script(name):
    return os.path.join(HERE, name)


def fresh(name):
    path = os.path.join(hs_test.scratch(), name)
    if os.path.exists(path):
        os.unlink(path)
    return path


def dump(trace, *more):
    done = hs_test.cli("dump", trace, "--json", *more)
    return [json.loads(line) for line in done.out.splitlines()]


def sites_by_size(trace):
    """(boot, size) -> where it was allocated."""
    found = collections.defaultdict(set)
    for e in dump(trace, "--kind", "alloc"):
        if e["kind"] == "ALLOC":
            found[e["boot"], e["size"]].add(e["where"].rsplit("/", 1)[-1])
    return found


def rebuilt(trace, label):
    return hs_test.cli("map", trace, "--at", "mark:" + label, "--style", "meminfo")


def gaps(trace):
    """Records that are missing between one packet and the next of the same boot."""
    packets = dump(trace, "--packets")
    return sum(b["record"] - a["record"] - a["records"] for a, b in zip(packets, packets[1:]) if a["boot"] == b["boot"])


# ---- boots one after the other ----

def same_ring(tap, firmware):
    """Three boots in one ring: each one's map and sites are its own."""
    ring = fresh("boots-" + firmware)
    texts = {}
    for boot in (1, 2, 3):
        args = [script("once.py"), "boot%d" % boot, str(7000 + 100 * boot)]
        texts[boot] = hs_test.run_firmware(firmware, ["-X", "heapsize=64k"] + args, ring=ring + ":256k").out
    status, stat, error = hs_test.cli_json("stat", ring)
    tap.check("%s: three boots in one ring" % firmware, status == 0 and stat["boots"] == 3, error or stat)
    found = sites_by_size(ring)
    for boot in (1, 2, 3):
        size = 7000 + 100 * boot
        tap.check("%s: map of boot %d" % (firmware, boot), not (
            why := meminfo.difference(meminfo.parse(texts[boot]), meminfo.parse(rebuilt(ring, "boot%d" % boot).out))),
            why)
        seen = found[boot, size], found[boot, size + 1]
        tap.check("%s: sites of boot %d" % (firmware, boot),
                  seen == ({"once.py:10 first"}, {"once.py:15 second"}), seen)
    again = hs_test.cli_json("stat", ring)[1]["sites"]
    hs_test.run_firmware(firmware, ["-X", "heapsize=64k", script("once.py"), "boot4", "7400"], ring=ring + ":256k")
    tap.check("%s: the same program once more has no new sites" % firmware,
              hs_test.cli_json("stat", ring)[1]["sites"] == again, again)


def other_firmware(tap):
    """A ring of another firmware, or of another size, is begun anew: old records must not be read as new."""
    ring = fresh("other")
    for firmware, size, kept in (("unix64", "64k", 1), ("unix64", "64k", 2), ("unix32", "64k", 1),
                                 ("unix32", "32k", 1), ("unix32", "32k", 2), ("unix64", "64k", 1)):
        done = hs_test.run_firmware(firmware, [script("once.py"), "x", "7000"], ring="%s:%s" % (ring, size))
        status, stat, error = hs_test.cli_json("stat", ring)
        good = done.status == 0 and status == 0 and stat["boots"] == kept
        good = good and stat["pointer_bytes"] == (8 if firmware == "unix64" else 4)
        why = good and meminfo.difference(meminfo.parse(done.out), meminfo.parse(rebuilt(ring, "x").out))
        tap.check("a ring of %s for %s: %d boots in it" % (size, firmware, kept), good and not why, error or why or stat)


def junk(tap):
    """The memory has random content at power-on."""
    rng = random.Random(SEED)
    for firmware in hs_test.UNIX:
        ring = fresh("junk")
        for what, data in (("ones", b"\xff" * 65536), ("noise", rng.randbytes(65536)), ("zeros", bytes(65536))):
            with open(ring, "wb") as f:
                f.write(data)
            done = hs_test.run_firmware(firmware, [script("once.py"), "x", "7000"], ring=ring + ":64k")
            status, stat, error = hs_test.cli_json("stat", ring)
            tap.check("%s: a ring of %s is begun anew" % (firmware, what),
                      done.status == 0 and status == 0 and stat["boots"] == 1, error)
        # A ring that was in use, with bits flipped in its header or anywhere: the firmware must start, what it
        # writes must be read, the reader must not crash.
        for flips, begin, end in ((1, 0, 64), (1, 64, None), (10, 64, None), (1000, 64, None)):
            with open(ring, "rb") as f:
                data = bytearray(f.read())
            for _ in range(flips):
                data[rng.randrange(begin, end or len(data))] ^= 1 << rng.randrange(8)
            with open(ring, "wb") as f:
                f.write(data)
            status = hs_test.cli("stat", ring).status
            done = hs_test.run_firmware(firmware, [script("once.py"), "flip", "7000"], ring=ring + ":64k")
            why = meminfo.difference(meminfo.parse(done.out), meminfo.parse(rebuilt(ring, "flip").out))
            tap.check("%s: a ring with %d bits flipped from %d on is read, and goes on" % (firmware, flips, begin),
                      status in (0, 2) and done.status == 0 and not why, (status, done.status, done.err, why))


# ---- kill -9 ----

def until_killed(firmware, ring, name, seconds):
    """Text of a run that is killed after some time."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
    child = subprocess.Popen([hs_test.firmware(firmware), "-X", "heapsize=48k", script("endless.py"), name],
                             env=dict(env, HEAPSTRATA_RING=ring), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    os.set_blocking(child.stdout.fileno(), True)
    started = time.monotonic()
    text = b""
    while time.monotonic() - started < seconds:
        text += os.read(child.stdout.fileno(), 65536)
    child.send_signal(signal.SIGKILL)
    text += child.stdout.read()
    child.wait()
    return text


def check_killed(trace, text, name):
    """What is wrong after a kill: the last mark that the program printed must be there, with that heap."""
    steps = re.findall(rb"^@(\S+ \d+)\n(mem:.*\nstack:.*\nGC: total:.*\n.*max free sz: \d+)\n", text, re.M)
    told = re.findall(rb"^@(\S+ \d+)\n", text, re.M)
    if not told and not os.path.exists(trace):
        return ""
    status, stat, error = hs_test.cli_json("stat", trace)
    if status != 0:
        return "stat ended with %s: %s" % (status, error)
    marks = [e["label"] for e in dump(trace, "--kind", "mark") if e["kind"] == "MARK" and e["label"].startswith(name + " ")]
    last = int(told[-1].split()[1]) if told else 0
    seen = int(marks[-1].split()[1]) if marks else 0
    if seen not in (last, last + 1):
        return "the last mark is %s, the program had printed %d" % (marks[-1:], last)
    if not steps:
        return ""
    label, figures = steps[-1]
    done = rebuilt(trace, label.decode())
    real, host = meminfo.parse(b"\n" + figures + b"\n"), meminfo.parse(done.out)
    if done.status != 0 or real.figures != host.figures:
        return "at %s the heap was %s, rebuilt %s (%s)" % (label, real.figures, host.figures, done.err)
    if stat["lost"] or gaps(trace):
        return "%d lost, %d missing" % (stat["lost"], gaps(trace))
    return ""


def killed(tap, firmware, size, kills):
    rng = random.Random(SEED)
    ring = fresh("killed-%s" % firmware)
    far = 0
    for n in range(kills):
        name = "run%d" % n
        text = until_killed(firmware, "%s:%s" % (ring, size), name, (0.01 + rng.random() * 0.14) * hs_test.slowness(firmware))
        tap.check("%s, ring of %s: kill -9 number %d, %d bytes of output" % (firmware, size, n + 1, len(text)),
                  not (why := check_killed(ring, text, name)), why)
        far += text.count(b"\n@") > 1
    boots = {e["boot"] for e in dump(ring, "--kind", "mark")}
    tap.check("%s, ring of %s: boots counted, %d of %d got far" % (firmware, size, far, kills),
              far > kills * 2 // 3 and far <= max(boots) <= kills, (far, max(boots)))


# ---- QEMU: the reset button ----

def on_qemu(tap):
    trace = fresh("qemu.bin")
    source = open(script("once.py")).read()
    texts = {}
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU)) as board:
        for boot in (1, 2, 3):
            board.run("import sys\nsys.argv[:] = ['once.py', 'boot%d', '%d']" % (boot, 7000 + 100 * boot))
            texts[boot], error = board.run(source)
            if boot < 3:
                board.system_reset()
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    status, stat, error = hs_test.cli_json("stat", trace)
    tap.check("qemu-arm: three boots, two resets", status == 0 and stat["boots"] == 3, error or stat)
    found = sites_by_size(trace)
    for boot in (1, 2, 3):
        size = 7000 + 100 * boot
        tap.check("qemu-arm: map of boot %d" % boot, not (
            why := meminfo.difference(meminfo.parse(texts[boot]), meminfo.parse(rebuilt(trace, "boot%d" % boot).out))),
            why)
        seen = found[boot, size], found[boot, size + 1]
        tap.check("qemu-arm: sites of boot %d" % boot,
                  seen == ({"<stdin>:10 first"}, {"<stdin>:15 second"}), seen)


def reset_in_midst(tap):
    """The reset button while a program runs, again and again in one image: each boot ends with what its program
    printed last, or with the step that it was about to print."""
    rng = random.Random(SEED)
    trace = fresh("midst.bin")
    source = open(script("progress.py")).read()
    told = {}
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU)) as board:
        for boot in range(1, RESETS + 1):
            board.run("import sys\nsys.argv[:] = ['progress.py', 'boot%d']" % boot)
            text = board.reset_during(source, rng.randrange(1, 1500))
            told[boot] = [int(n) for n in re.findall(rb"^@boot%d (\d+)\n" % boot, text, re.M)]
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    status, stat, error = hs_test.cli_json("stat", trace)
    tap.check("qemu-arm: %d resets in the midst of a run" % RESETS,
              status == 0 and stat["boots"] == RESETS + 1 and stat["lost"] == 0 and not gaps(trace), error or stat)
    marks = [e for e in dump(trace, "--kind", "mark") if e["kind"] == "MARK"]
    whole = dump(trace, "--packets")[0]["record"] == 0
    for boot, printed in told.items():
        seen = [e["label"] for e in marks if e["boot"] == boot]
        right = ["boot%d %d" % (boot, n + 1) for n in range(len(seen))]
        good = printed and len(seen) - (printed[-1] if printed else 0) in (0, 1) and (seen == right or not whole)
        tap.check("qemu-arm: boot %d ends where its program was, at step %s" % (boot, printed[-1:]), good,
                  "printed %s, in the trace %s" % (printed[-2:], seen[-3:]))


# ---- program text that is loaded where other text was ----

def check_reload(tap, name, trace, shape):
    rounds, files, functions, lines = shape
    found = collections.defaultdict(set)
    for (_, size), where in sites_by_size(trace).items():
        found[size] |= {w for w in where if w.startswith("file")}
    wrong = []
    for n in range(rounds):
        right = "file%d.txt:%d made%d" % (n % files, n % lines + 2, n % functions)
        if found[4000 + n] != {right}:
            wrong.append("%d bytes: %s, not %s" % (4000 + n, found[4000 + n], right))
    tap.check("%s: %d texts, one after the other" % (name, rounds), not wrong, "\n".join(wrong[:5]))


def reloaded(tap):
    for firmware in hs_test.UNIX:
        for heap, shape, collect in (("1m", (400, 5, 7, 11), 1), ("1m", (400, 3, 2, 3), 3), ("48k", (400, 5, 7, 11), 0),
                                     ("40k", (300, 2, 3, 5), 0)):
            trace = fresh("reload.hst")
            args = ["-X", "heapsize=" + heap, script("reload.py")] + [str(x) for x in shape + (collect,)]
            done = hs_test.run_firmware(firmware, args, trace=trace)
            name = "%s, heap of %s, gc.collect() %s" % (firmware, heap, "every %d" % collect if collect else "never")
            if b"@made" not in done.out:
                tap.check(name, False, done.out[-300:] + done.err[-300:])
            else:
                check_reload(tap, name, trace, shape)
    trace = fresh("reload.bin")
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU)) as board:
        board.run("import sys\nsys.argv[:] = 'reload.py 200 2 3 4 1'.split()")
        out, error = board.run(open(script("reload.py")).read(), timeout=60)
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, trace)
    check_reload(tap, "qemu-arm", trace, (200, 2, 3, 4)) if b"@made" in out else tap.check("qemu-arm", False, error)


def main():
    tap = hs_test.Tap()
    for firmware in hs_test.UNIX:
        same_ring(tap, firmware)
    other_firmware(tap)
    junk(tap)
    for firmware, size, percent in (("unix64", "64k", 35), ("unix32", "64k", 35), ("unix64", "16k", 22), ("unix32", "1m", 8)):
        killed(tap, firmware, size, KILLS * percent // 100)
    on_qemu(tap)
    reset_in_midst(tap)
    reloaded(tap)
    tap.finish()


if __name__ == "__main__":
    main()
