#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Real firmware streams to `heapstrata record --stream`, through a line of ours that garbles it. Whatever the line
does, what the device counted is what was decoded and what is known to be lost."""
import ast
import fcntl
import os
import pty
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_port  # noqa: E402
import hs_test  # noqa: E402
import qemu_mp  # noqa: E402

RECORD = [hs_test.NATIVE, "record", "--stream"]


def path(name):
    return os.path.join(hs_test.scratch(), name)


def listener():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    s.listen(5)
    return s, s.getsockname()[1]


# ---- lines: functions from the bytes that come to those that go on -------------------------------------------

def clean(data, state):
    return data


def garbage(data, state):
    """Another program's output, and noise, between any two bytes."""
    out = bytearray()
    for i in range(0, len(data), 500):
        out += data[i:i + 500]
        if state["seen"] < state["dirty"] and state["rng"].random() < 0.03:
            out += state["rng"].choice([b">>> print('hello')\r\nhello\r\n", b"HP", b"HD\x10\x00", b"HeapStra" + bytes(60),
                                        state["rng"].randbytes(100)])
        state["seen"] += 500
    return bytes(out)


def dropped(data, state):
    """One byte or some hundred are lost, now and then."""
    out = bytearray()
    for i in range(0, len(data), 500):
        piece = data[i:i + 500]
        if state["seen"] < state["dirty"] and state["rng"].random() < 0.03:
            cut = state["rng"].randrange(len(piece))
            piece = piece[:cut] + piece[cut + state["rng"].choice([1, 3, 200]):]
        out += piece
        state["seen"] += 500
    return bytes(out)


def flipped(data, state):
    """Bits change."""
    out = bytearray(data)
    for i in range(len(out)):
        if state["seen"] + i < state["dirty"] and state["rng"].random() < 0.0002:
            out[i] ^= 1 << state["rng"].randrange(8)
    state["seen"] += len(data)
    return bytes(out)


class Line(threading.Thread):
    """Takes the device's connections and passes them on to `sink`, a function of bytes."""

    def __init__(self, sink, garble=clean, dirty=150000, rate=None, connections=1):
        super().__init__(daemon=True)
        self.server, self.port = listener()
        self.sink, self.garble, self.rate, self.connections = sink, garble, rate, connections
        self.state = {"rng": random.Random(7), "seen": 0, "dirty": dirty}
        self.passed = 0
        if rate:
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

    def run(self):
        for _ in range(self.connections):
            s, _ = self.server.accept()
            while True:
                data = s.recv(4096 if self.rate else 65536)
                if not data:
                    break
                self.passed += len(data)
                self.sink(self.garble(data, self.state))
                if self.rate:
                    time.sleep(len(data) / self.rate)
            s.close()
        self.sink(None)


class ToSocket:
    """Serves the tool, which connects by tcp:. What comes before it does is lost."""

    def __init__(self, wait):
        self.server, self.port = listener()
        self.client = None
        self.wait = wait
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        self.client, _ = self.server.accept()

    def __call__(self, data):
        while self.wait and not self.client:
            time.sleep(0.01)
        if self.client and data is None:
            self.client.close()
        elif self.client:
            self.client.sendall(data)


class ToPty:
    """A pseudo terminal; the tool opens its other end."""

    def __init__(self):
        self.port = hs_port.Port()
        self.name = self.port.name

    def __call__(self, data):
        while data:
            data = data[os.write(self.port.master, data):]
        if data is None:
            time.sleep(0.5)
            self.port.close()


# ---- what comes of it ----------------------------------------------------------------------------------------

def device(port, rounds=120, blocking=1, connections=1, firmware="unix64", ring="256k"):
    """Starts the firmware. Returns the process."""
    ring_file = path("ring-%d" % port)
    env = {**os.environ, "HEAPSTRATA_RING": "%s:%s" % (ring_file, ring)}
    return subprocess.Popen([hs_test.firmware(firmware), "-X", "heapsize=128k", os.path.join(HERE, "work.py"), str(port),
                             str(rounds), str(blocking), str(connections)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=env)


def stats_of(process):
    out, err = process.communicate(timeout=120)
    line = [x for x in out.decode().splitlines() if x.startswith("{'")]
    return ast.literal_eval(line[-1]) if line else {"error": (out + err).decode()}


def check(tap, name, trace, counted, whole=False, lossy=None):
    """What was decoded and what is known to be lost is what the device counted."""
    status, stat, err = hs_test.cli_json("stat", trace)
    if "records" not in counted or not stat:
        tap.check(name, False, "%s %s %s" % (counted, status, err))
        return {}
    known = stat["records"] + stat["lost"] + stat.get("overwritten_records", 0)
    wrong = []
    if stat["emitted"] != counted["records"]:
        wrong.append("emitted %d, the device says %d" % (stat["emitted"], counted["records"]))
    if whole and (stat["lost"] or known != stat["records"]):
        wrong.append("%d are lost" % stat["lost"])
    if lossy and not stat["lost"]:
        wrong.append("nothing was lost: the line was not what it should be")
    if status not in (0, 2) or (status and whole):
        wrong.append("status %s: %s" % (status, err))
    tap.check("%s: %d records, %d decoded, %d lost" % (name, counted["records"], stat["records"], stat["lost"]), not wrong,
              "\n".join(wrong))
    return stat


def run_through(tap, name, garble=clean, whole=False, lossy=None, late=0, slow=None, **how):
    """The tool connects by TCP, `late` seconds after the device began."""
    trace = path(re.sub(r"\W+", "-", name) + ".hst")
    sink = ToSocket(wait=not late)
    line = Line(sink, garble, rate=slow)
    line.start()
    process = device(line.port, **how)
    time.sleep(late)
    done = hs_test.run(RECORD + ["tcp:127.0.0.1:%d" % sink.port, "-o", trace], timeout=120)
    counted = stats_of(process)
    tap.check("%s: record ends well: %s" % (name, done.err.decode().strip().splitlines()[:1]), done.status == 0, done.err)
    return check(tap, name, trace, counted, whole, lossy), counted, trace


def case_clean(tap):
    for firmware in hs_test.UNIX:
        stat, _, trace = run_through(tap, "TCP, %s" % firmware, whole=True, firmware=firmware)
        tap.check("%s: the heap is known at the end" % firmware, stat.get("used_bytes"), stat)
    out = hs_test.cli("report", trace).out.decode()
    tap.check("its lines", "work.py:" in out, out[:500])


def case_garbled(tap):
    """The first half is damaged, the rest comes as it was sent."""
    for name, garble in (("garbage between", garbage), ("bytes dropped", dropped), ("bits flipped", flipped)):
        stat, _, _ = run_through(tap, name, garble, lossy=True, rounds=300)
        tap.check("%s: the heap is known at the end" % name, stat.get("used_bytes"), stat)


def case_late(tap):
    stat, _, trace = run_through(tap, "attached late", late=0.7, rounds=600)
    first = [x for x in hs_test.cli("dump", trace, "--packets").out.decode().splitlines()]
    tap.check("a late reader has the heap at the end", stat.get("used_bytes") and stat["records"] > 1000, (stat, first[:3]))
    tap.check("what was before is reported", stat.get("overwritten_packets", stat.get("overwritten")) != 0, stat)


def case_slow(tap):
    """Back-pressure: the program goes on, and what the ring could not hold is counted."""
    stat, counted, _ = run_through(tap, "a slow reader", lossy=True, slow=150000, rounds=500, blocking=0, ring="64k")
    tap.check("the program did not wait: %s ms" % counted.get("ms"), counted.get("ms", 10 ** 6) < 15000, counted)


def case_pty(tap):
    sink, trace = ToPty(), path("pty.hst")
    line = Line(sink)
    record = subprocess.Popen(RECORD + [sink.name, "-o", trace], stderr=subprocess.PIPE)
    time.sleep(0.3)
    line.start()
    counted = stats_of(device(line.port))
    time.sleep(1)
    record.send_signal(signal.SIGINT)
    err = record.communicate(timeout=30)[1]
    tap.check("a pseudo terminal, ended by Ctrl-C", record.returncode == 0, err)
    check(tap, "a pseudo terminal", trace, counted, whole=True)


def case_reconnect(tap):
    """The connection breaks: the device begins with the oldest packet in its ring, the tool leaves out what it has."""
    trace, (probe, port) = path("again.hst"), listener()
    probe.close()
    record = subprocess.Popen(RECORD + ["tcp-listen:%d" % port, "--again", "-o", trace], stderr=subprocess.PIPE)
    time.sleep(0.5)
    counted = stats_of(device(port, rounds=40, connections=4, ring="1m"))
    time.sleep(0.5)
    record.send_signal(signal.SIGINT)
    err = record.communicate(timeout=30)[1]
    tap.check("four connections, one trace", record.returncode == 0, err)
    stat = check(tap, "four connections", trace, counted, whole=True)
    tap.check("nothing twice: %s boot" % stat.get("boots"), stat.get("boots") == 1, stat)


def listens_at(record):
    """The address that a listening tool names."""
    line = record.stderr.readline().decode()
    found = re.search(r"waiting for a connection to (\[?[0-9a-f.:]+\]?):(\d+)(.*)", line)
    return (found.group(1), int(found.group(2)), found.group(3)) if found else (line, 0, "")


def case_addresses(tap):
    """What is listened at is said; an address of ours, IPv6, and both at once."""
    with open(path("file-for-tcp"), "wb") as f:
        done = hs_test.run_firmware("unix64", ["-X", "heapsize=128k", "-c", "x = [bytearray(100) for i in range(100)]"], trace=f.name)
    with open(path("file-for-tcp"), "rb") as f:
        bytes_ = f.read()
    six = socket.has_ipv6 and any(line.split()[-1] == "lo" for line in open("/proc/net/if_inet6", encoding="ascii")) \
        if os.path.exists("/proc/net/if_inet6") else False
    cases = [("127.0.0.1:0", "127.0.0.1", socket.AF_INET, ""), ("0", "[::]" if six else "0.0.0.0", socket.AF_INET, "every")]
    cases += [("[::1]:0", "[::1]", socket.AF_INET6, ""), ("::1:0", "[::1]", socket.AF_INET6, ""), ("0", "[::]", socket.AF_INET6, "every")] if six else []
    for asked, wanted, family, more in cases:
        trace = path("address.hst")
        record = subprocess.Popen(RECORD + ["tcp-listen:" + asked, "-o", trace], stderr=subprocess.PIPE)
        host, port, rest = listens_at(record)
        with socket.socket(family) as s:
            s.connect(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
            s.sendall(bytes_)
        err = record.communicate(timeout=30)[1]
        tap.check("tcp-listen:%s says where, and takes a connection (%s)" % (asked, family.name), host == wanted and more in rest
                  and record.returncode == 0, (host, port, rest, err))
    tap.check("something was sent", done.status == 0 and bytes_)
    for asked, why in (("192.0.2.1:0", b"Cannot assign"), ("", b"write tcp"), ("no port", b"cannot open")):
        done = hs_test.run(RECORD + ["tcp-listen:" + asked, "-o", path("none.hst")])
        tap.check("tcp-listen:%s is refused" % asked, done.status == 2 and why in done.err, done.err)
    server, port = listener()
    server.close()
    done = hs_test.run(RECORD + ["tcp:[::1]:%d" % port, "-o", path("none.hst")])
    tap.check("no process listens there", done.status == 2 and b"refused" in done.err or not six, done.err)


def open_port(name):
    """Not as the terminal of this process: its end would then be a SIGHUP."""
    return os.fdopen(os.open(name, os.O_RDWR | os.O_NOCTTY), "rb+", buffering=0)


def case_port_in_use(tap):
    """A serial port belongs to one program; mpremote and others hold the same lock."""
    master, slave = pty.openpty()
    name, script = os.ttyname(slave), path("any.py")
    with open(script, "w", encoding="utf-8") as f:
        f.write("pass\n")
    ways = (RECORD + [name, "-o", path("none.hst")], [hs_test.NATIVE, "record", "--serial", name, "-o", path("none.hst"), script],
            [hs_test.NATIVE, "top", "--batch", name])
    with open_port(name) as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for command in ways:
            done = hs_test.run(command, timeout=30)
            tap.check("%s of a port that another program holds" % " ".join(command[1:3]), done.status == 2 and b"another program uses it" in done.err,
                      (done.status, done.err))
    first = subprocess.Popen(RECORD + [name, "-o", path("none.hst")], stderr=subprocess.PIPE)
    held = wait_for(lambda: has_open(first.pid, name))
    time.sleep(0.5)  # for the lock, which follows at once
    for command in ways:
        done = hs_test.run(command, timeout=30)
        tap.check("%s beside another record" % " ".join(command[1:3]), held and done.status == 2 and b"another program uses it" in done.err,
                  (held, done.status, done.err))
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=30)
    tap.check("the port is free after it", not is_locked(name))
    os.close(slave)
    os.close(master)


def has_open(pid, name):
    folder = "/proc/%d/fd" % pid
    try:
        return name in [os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)]
    except OSError:  # a descriptor was closed meanwhile
        return False


def is_locked(name):
    with open_port(name) as port:
        try:
            fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        except BlockingIOError:
            return True


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def case_interrupts(tap):
    """Ctrl-C while a connection is waited for, in either direction, and at a line of nonsense that never rests."""
    master, slave = pty.openpty()
    noise = threading.Thread(target=send_noise, args=(master,), daemon=True)
    noise.start()
    fifo = path("fifo")
    os.mkfifo(fifo)
    for what in ("tcp-listen:127.0.0.1:0", "tcp:192.0.2.1:5", os.ttyname(slave), fifo):
        record = subprocess.Popen(RECORD + [what, "-o", path("none.hst")], stderr=subprocess.PIPE)
        time.sleep(1)
        record.send_signal(signal.SIGINT)
        try:
            err = record.communicate(timeout=20)[1]
        except subprocess.TimeoutExpired:
            record.kill()
            err = record.communicate()[1]
        tap.check("Ctrl-C ends record --stream %s" % what, record.returncode == 2 and err, (record.returncode, err))
    os.close(slave)


def send_noise(fd):
    rng = random.Random(3)
    try:
        while True:
            os.write(fd, rng.randbytes(100))
            time.sleep(0.001)
    except OSError:
        pass


def case_growing(tap):
    """Commands on the file while it is written; the progress line on a terminal."""
    trace, (probe, port) = path("growing.hst"), listener()
    probe.close()
    master, slave = pty.openpty()
    record = subprocess.Popen(RECORD + ["tcp-listen:%d" % port, "-o", trace], stderr=slave)
    os.close(slave)
    shown = bytearray()
    threading.Thread(target=lambda: drain(master, shown), daemon=True).start()
    time.sleep(0.5)
    process = device(port, rounds=1500)
    time.sleep(3.2)
    done = hs_test.cli("report", trace)
    stat = hs_test.cli_json("stat", trace)
    tap.check("report on a growing file: %s" % done.err.decode().strip()[-100:], b"work.py:" in done.out and done.status == 0,
              (done.status, done.out[-300:], done.err))
    tap.check("stat on a growing file: %s records" % (stat[1] and stat[1]["records"]), stat[1] and stat[1]["records"] > 1000, stat)
    seen = [hs_test.cli("stat", trace) for _ in range(40)]
    tap.check("forty times while it grows", all(x.status == 0 for x in seen), [x.err for x in seen if x.status][:2])
    counted = stats_of(process)
    record.wait(30)
    check(tap, "the whole of it", trace, counted, whole=True)
    last = bytes(shown).split(b"\r")[-3:]
    tap.check("rate, loss and heap fill on a terminal: %s" % last[:1],
              re.search(rb"[\d.]+ KB/s, \d+ records/s, lost \d+ of \d+ \([\d.]+%\), heap \d+ of \d+ bytes", bytes(shown)), bytes(shown)[-400:])


def drain(fd, into):
    try:
        while True:
            into += os.read(fd, 4096)
    except OSError:
        pass


def case_board(tap):
    """The Cortex-M3, over a second UART, and over the console's own with the REPL's text between."""
    if not shutil.which("qemu-system-arm"):
        tap.skip("the board", "no qemu-system-arm")
        return
    for name, base in (("a second UART", 0x40005000), ("the REPL's UART", 0x40004000)):
        on_board(tap, name, base)


def on_board(tap, name, base):
    second = base == 0x40005000
    trace = path("board.hst")
    with open(os.path.join(HERE, "board.py"), encoding="utf-8") as f:
        script = f.read().replace("UART_BASE", hex(base))
    server, port = listener()
    server.close()
    extra = ["-serial", "tcp:127.0.0.1:%d" % port] if second else []
    record = subprocess.Popen(RECORD + ["tcp-listen:%d" % port, "-o", trace], stderr=subprocess.PIPE) if second else None
    time.sleep(0.5)
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU), after=extra) as board:
        out, err = board.run(script, timeout=120) if second else raw_run(board, script)
    if not second:
        with open(path("uart.bin"), "wb") as f:
            f.write(out)
        with open(path("uart.bin"), "rb") as f:
            record = subprocess.Popen(RECORD + ["-", "-o", trace], stdin=f, stderr=subprocess.PIPE)
    text = record.communicate(timeout=60)[1]
    line = re.findall(rb"\{'[^}]*\}", out)
    tap.check("%s: record ends well" % name, record.returncode == 0 and line, (text, err, out[-300:]))
    if second:
        on_soft_reset(tap, script)
    if line:
        check(tap, "the board, " + name, trace, ast.literal_eval(line[-1].decode()), whole=True)


def on_soft_reset(tap, script):
    """The stream's object goes with the heap; the next program may stream again."""
    begun = script[:script.index("\nheapstrata.stop()\nheapstrata.stream(None)")]
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU), after=["-serial", "null"]) as board:
        for _ in range(2):
            out, err = board.run(begun, timeout=120)
            tap.check("streaming when a soft reset comes", not err, err)
            board.soft_reset()
            board.run("x = [bytearray(100) for i in range(500)]\ndel x\nimport gc\ngc.collect()")
        out, err = board.run(script, timeout=120)
        tap.check("streaming after a soft reset", b"{'" in out and not err, (out, err))


def raw_run(board, script):
    """All bytes of the UART while a script runs that sends binary data over it."""
    out = b""
    board.uart.settimeout(2)
    board.uart.sendall(script.encode() + b"\x04")
    try:
        while True:
            data = board.uart.recv(65536)
            if not data:
                break
            out += data
    except socket.timeout:
        pass
    return out, b""


def case_objects(tap):
    """Other streams: a file, one written in Python, one that fails, none at all; a soft reset in the midst."""
    done = hs_test.run([hs_test.firmware("unix64"), "-X", "heapsize=128k", os.path.join(HERE, "objects.py"), path("file.stream"),
                        path("python.stream")], timeout=60)
    counted = [ast.literal_eval(x) for x in done.out.decode().splitlines() if x.startswith("{'")]
    tap.check("files, streams in Python, streams that fail", done.status == 0 and len(counted) == 2 and b"all well" in done.out,
              done.out + done.err)
    for name, device_says in zip(("file", "python"), counted):
        check(tap, "a stream to a " + name, path(name + ".stream"), device_says, whole=True)


def case_threads(tap):
    """Without a global lock: threads record while the main thread sends."""
    for firmware in hs_test.UNIX:
        for _ in range(3):
            done = hs_test.run([hs_test.firmware(firmware), "-X", "heapsize=256k", os.path.join(HERE, "threads.py"),
                                path("threads.stream")], timeout=60, env={"HEAPSTRATA_RING": path("threads.ring") + ":1m"})
            counted = [ast.literal_eval(x) for x in done.out.decode().splitlines() if x.startswith("{'")]
            if counted:
                check(tap, "%s, threads" % firmware, path("threads.stream"), counted[0], whole=True)
            else:
                tap.check("%s, threads" % firmware, False, done.out[-300:] + done.err[-300:])
            os.unlink(path("threads.ring"))


def case_refused(tap):
    for what, args, words in (("no such host", ["tcp:nowhere.invalid:1"], b"cannot open"), ("no port", ["tcp:localhost"], b"HOST:PORT"),
                              ("no process listens", ["tcp:127.0.0.1:1"], b"refused"), ("no such device", ["/nonexistent"], b"cannot open"),
                              ("with a script", ["-", "x.py"], b"no script"), ("nothing comes", ["/dev/null"], b"nothing came")):
        done = hs_test.run(RECORD + args[:1] + ["-o", path("none.hst")] + args[1:])
        tap.check("refused: %s: %s" % (what, done.err.decode().strip()[-100:]), done.status == 2 and words in done.err
                  and not os.path.exists(path("none.hst")), (done.status, done.err))


def main():
    tap = hs_test.Tap()
    for case in (case_clean, case_garbled, case_late, case_slow, case_pty, case_reconnect, case_growing, case_addresses, case_port_in_use, case_interrupts, case_board, case_objects, case_threads, case_refused):
        try:
            case(tap)
        except Exception as problem:  # a broken case must not hide the others
            tap.check(case.__name__, False, repr(problem))
    tap.finish()


if __name__ == "__main__":
    main()
