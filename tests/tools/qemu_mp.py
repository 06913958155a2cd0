#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots a MicroPython firmware for QEMU's mps2-an385 and talks to it.

    with QemuMp("build/micropython/qemu-arm/firmware.elf") as board:
        out, err = board.run("print(1)")            # raw REPL; bytes
        board.save_memory(0x20000000, 65536, "ring.bin")
        board.system_reset()                        # retained RAM keeps its contents
        out, err = board.run(open("x.py").read(), timeout=60)

The UART is a TCP connection, the monitor (QMP) a unix socket in a temporary folder. The machine starts stopped, and runs
once both are connected, so that no byte of the console is lost.

As a program:

    qemu_mp.py FIRMWARE run FILE.py [--timeout S] [--icount N] [--ring-out FILE [--ring ADDR:SIZE]] [--reset]
    qemu_mp.py FIRMWARE pty      boots with the UART on a pty, prints its name, runs until killed

`--reset` does a system reset between the run and the memory dump. Exit status: 0, 1 when the script
raised, 2 when the board could not be used.
"""
import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

RING_ADDR = 0x20000000  # SSRAM 2 and 3: beside what the linker script uses
RING_SIZE = 0x400000
QEMU = os.environ.get("HS_QEMU", "qemu-system-arm")
PROMPT = b"raw REPL; CTRL-B to exit\r\n>"


# A script that mounts {path: text} at /m, for imports: the board has no file system.
FILESYSTEM = """\
import io, sys, vfs
class _File(io.IOBase):
  def __init__(self, text):
    self.text, self.at = text, 0
  def ioctl(self, request, argument):
    return 0 if request == 4 else -1
  def readinto(self, buffer):
    n = min(len(buffer), len(self.text) - self.at)
    buffer[:n] = self.text[self.at:self.at + n]
    self.at += n
    return n
class _FS:
  files = %r
  def mount(self, readonly, mkfs): pass
  def umount(self): pass
  def chdir(self, path): pass
  def getcwd(self): return ""
  def stat(self, path):
    path = path.lstrip("/")
    if any(name.startswith(path + "/") for name in self.files): return (0x4000,) + (0,) * 9
    if path in self.files: return (0x8000,) + (0,) * 9
    raise OSError(2)
  def open(self, path, mode): return _File(self.files[path.lstrip("/")])
vfs.mount(_FS(), "/m")
sys.path.append("/m")
"""


class BoardError(Exception):
    """The board did not answer as a MicroPython board does."""


# Program and machine; others for QemuMp(machine=...): tests/boards.
MPS2_AN385 = (QEMU, "-M", "mps2-an385")


def command_line(firmware, icount=None, extra=(), machine=MPS2_AN385):
    """QEMU's arguments without UART and monitor."""
    args = [*machine, "-display", "none", "-semihosting", "-kernel", str(firmware)]
    if icount is not None:
        args += ["-icount", "shift=%s" % icount]
    return args + list(extra)


class QemuMp:
    """One running board. icount=N: 2^N ns of emulated time an instruction, hence repeatable time. extra, after:
    arguments for QEMU in front of the console's UART and behind it, for more of them. machine: as MPS2_AN385. before_run: is
    called when the machine is there and still stopped."""

    def __init__(self, firmware, icount=None, extra=(), boot_timeout=20, after=(), machine=MPS2_AN385, before_run=lambda: None):
        if not os.path.exists(firmware):
            raise BoardError("no such firmware: %s" % firmware)
        self.dir = tempfile.mkdtemp(prefix="hs-qemu-")
        self.boot_timeout = boot_timeout
        self.after = list(after)
        self.machine = machine
        self.before_run = before_run
        self.buffer = b""
        self.process = self.uart = self.monitor = None
        try:
            self._start(firmware, icount, extra)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- life of the machine ----

    def _start(self, firmware, icount, extra):
        self.uart, theirs = self._tcp_pair()
        qmp = os.path.join(self.dir, "qmp")
        self.errors = open(os.path.join(self.dir, "stderr"), "w+")
        self.process = subprocess.Popen(
            command_line(firmware, icount, extra, self.machine)
            + ["-S", "-chardev", "socket,id=uart,fd=%d" % theirs.fileno(), "-serial", "chardev:uart"]
            + ["-qmp", "unix:%s,server=on,wait=off" % qmp] + self.after,
            stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, pass_fds=[theirs.fileno()])
        theirs.close()
        self.monitor = self._connect(qmp)
        self.monitor_file = self.monitor.makefile("rw", encoding="utf-8")
        self.monitor_file.readline()  # greeting
        self.qmp("qmp_capabilities")
        self.before_run()
        self.qmp("cont")
        self._raw_repl()

    def _tcp_pair(self):
        """Both ends of a connection. A unix socket that no process reads from takes only some hundred bytes that come one by
        one, and then some of the boards lose what they send."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            ours = socket.create_connection(server.getsockname())
            theirs = server.accept()[0]
        ours.settimeout(self.boot_timeout)
        ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ours, theirs

    def _connect(self, path):
        deadline = time.monotonic() + self.boot_timeout
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(path)
                s.settimeout(self.boot_timeout)
                return s
            except (FileNotFoundError, ConnectionRefusedError):
                s.close()
                if self.process.poll() is not None:
                    self.errors.seek(0)
                    raise BoardError("qemu ended: " + self.errors.read().strip())
                if time.monotonic() > deadline:
                    raise BoardError("qemu gave no socket")
                time.sleep(0.01)

    def close(self):
        for s in (self.uart, self.monitor):
            if s:
                s.close()
        if self.process:
            self.process.kill()
            self.process.wait()
            self.errors.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- monitor ----

    def qmp(self, command, **arguments):
        """One monitor command; its `return` value."""
        request = {"execute": command}
        if arguments:
            request["arguments"] = arguments
        self.monitor_file.write(json.dumps(request) + "\n")
        self.monitor_file.flush()
        for line in self.monitor_file:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise BoardError("%s: %s" % (command, answer["error"].get("desc")))
        raise BoardError("qemu closed its monitor")

    def save_memory(self, address, size, path, how="pmemsave"):
        """Memory to a file, as a debug probe would read it. The machine halts meanwhile. how: pmemsave, memory of the
        machine; memsave, as the core sees it."""
        self.qmp("stop")
        self.qmp(how, val=address, size=size, filename=os.path.abspath(path))
        self.qmp("cont")

    def system_reset(self):
        """The reset button: RAM outside the ELF's segments keeps its contents."""
        self.buffer = b""
        self.qmp("stop")
        self._drain()
        self.qmp("system_reset")
        self.qmp("cont")
        self._raw_repl()

    def reset_during(self, script, lines, timeout=60):
        """Starts a script and presses the reset button when it has printed so many lines, or some more. Returns
        what it had printed."""
        if isinstance(script, str):
            script = script.encode()
        self.buffer = b""
        self.uart.sendall(script + b"\x04")
        self._read_until(b"OK", timeout)
        deadline = time.monotonic() + timeout
        while self.buffer.count(b"\n") < lines and b"\x04" not in self.buffer:
            if time.monotonic() > deadline:
                raise BoardError("timeout; last output: %r" % self.buffer[-200:])
            self.buffer += self._drain(0)
        self.qmp("stop")
        output = self.buffer + self._drain()
        self.buffer = b""
        self.qmp("system_reset")
        self.qmp("cont")
        self._raw_repl()
        return output.replace(b"\r\n", b"\n")

    # ---- raw REPL ----

    def _drain(self, seconds=60):
        """What comes until nothing comes for a moment, or for so long."""
        data = b""
        deadline = time.monotonic() + seconds
        self.uart.settimeout(0.05)
        try:
            while (more := self.uart.recv(65536)):
                data += more
                if time.monotonic() > deadline:
                    break
        except socket.timeout:
            pass
        return data

    def _read_until(self, end, timeout):
        deadline = time.monotonic() + timeout
        while end not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BoardError("timeout; last output: %r" % self.buffer[-200:])
            self.uart.settimeout(left)
            try:
                data = self.uart.recv(65536)
            except socket.timeout:
                continue
            if not data:
                raise BoardError("the machine ended; last output: %r" % self.buffer[-200:])
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(end)
        return head

    def _raw_repl(self):
        """From boot to the raw REPL: the friendly prompt, then Ctrl-C, Ctrl-A. QEMU does not notice by
        itself that the firmware enabled its receiver; a monitor command makes it look, and saves a second."""
        deadline = time.monotonic() + self.boot_timeout
        self._read_until(b">>> ", self.boot_timeout)
        while True:
            self.uart.sendall(b"\r\x03\x03\x01")
            self.qmp("query-status")
            try:
                self._read_until(PROMPT, 2)
                break
            except BoardError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
        self._drain()
        self.buffer = b""

    def soft_reset(self):
        """Ctrl-D at the raw REPL: mp_deinit, mp_init, a fresh interpreter on the same heap."""
        self.uart.sendall(b"\x04")
        self._read_until(b"soft reboot\r\n", self.boot_timeout)
        self._read_until(PROMPT, self.boot_timeout)

    def run(self, script, timeout=30):
        """Runs a script (str or bytes). Returns (output, error) with \\r\\n made \\n; error is empty
        or the traceback."""
        if isinstance(script, str):
            script = script.encode()
        self.uart.settimeout(timeout)
        self.uart.sendall(script + b"\x04")
        self._read_until(b"OK", timeout)
        output = self._read_until(b"\x04", timeout)
        error = self._read_until(b"\x04", timeout)
        self._read_until(b">", timeout)
        return output.replace(b"\r\n", b"\n"), error.replace(b"\r\n", b"\n")


class QemuPty:
    """A board with its UART on a pty, for programs that want a device name."""

    def __init__(self, firmware, icount=None, extra=(), machine=MPS2_AN385):
        self.process = subprocess.Popen(
            command_line(firmware, icount, extra, machine) + ["-monitor", "none", "-serial", "pty"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        line = self.process.stdout.readline().decode()
        found = re.search(r"/dev/\S+", line)
        if not found:
            self.close()
            raise BoardError("qemu named no pty: " + line.strip())
        self.name = found.group()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()


def run_file(options):
    address, size = (int(x, 0) for x in options.ring.split(":"))
    with QemuMp(options.firmware, icount=options.icount, extra=options.extra) as board:
        with open(options.file, "rb") as f:
            output, error = board.run(f.read(), options.timeout)
        sys.stdout.buffer.write(output)
        sys.stderr.buffer.write(error)
        if options.reset:
            board.system_reset()
        if options.ring_out:
            board.save_memory(address, size, options.ring_out)
    return 1 if error else 0


def serve_pty(options):
    with QemuPty(options.firmware, icount=options.icount, extra=options.extra) as board:
        print(board.name, flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            board.process.wait()
        except KeyboardInterrupt:
            pass
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("firmware")
    parser.add_argument("action", choices=["run", "pty"])
    parser.add_argument("file", nargs="?")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--icount", type=int)
    parser.add_argument("--qemu", dest="extra", type=shlex.split, default=[], help="more arguments for QEMU")
    parser.add_argument("--ring", default="%#x:%#x" % (RING_ADDR, RING_SIZE), help="ADDR:SIZE")
    parser.add_argument("--ring-out", help="dump the ring into this file at the end")
    parser.add_argument("--reset", action="store_true", help="system reset before the dump")
    options = parser.parse_args()
    if options.action == "run" and not options.file:
        parser.error("run needs a file")
    try:
        return run_file(options) if options.action == "run" else serve_pty(options)
    except BoardError as error:
        print("qemu_mp: %s" % error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
