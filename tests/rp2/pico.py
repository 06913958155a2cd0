#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An emulated Raspberry Pi Pico (serve.mjs) and its raw REPL.

    with Pico("build/micropython/rp2/RPI_PICO/firmware.bin") as board:
        out, err = board.run("print(1)")      # bytes, \\n at the end of lines
        board.save_sram("sram.bin")
        board.soft_reset()
        with board.pty() as name:             # the serial port for another program; not for run() meanwhile
            subprocess.run(["heapstrata", "record", "--serial", name, "script.py"])
        board.report()["masked"]

As a program:  pico.py FIRMWARE.bin LINK      LINK becomes the name of a pseudo terminal, until it is stopped
"""
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_port  # noqa: E402
import hs_test  # noqa: E402

MODULES = os.path.join(hs_test.ROOT, "build", "npm", "tests", "rp2", "node_modules")
SRAM, SRAM_SIZE = 0x20000000, 264 * 1024
PROMPT = b"raw REPL; CTRL-B to exit\r\n>"
PATIENCE = 900  # seconds; only a hang takes so long, also where the machine is busy


def missing():
    """What is missing to run a board; empty when all is there."""
    if not shutil.which("node"):
        return "no node"
    return "" if os.path.isdir(os.path.join(MODULES, "rp2040js")) else "no rp2040js (see build/npm/tests/rp2/npm.log)"


def firmware(board="RPI_PICO", plain=False):
    return os.path.join(hs_test.MP, *(["plain"] if plain else []), "rp2", board, "firmware.bin")


class BoardError(Exception):
    """The board did not answer as a MicroPython board does."""


class Pico:
    """One running board. seed: core 1 stumbles now and then, at moments that it chooses; noise: what is in SRAM when power
    comes on is not zero."""

    def __init__(self, image=None, seed=0, noise=False):
        image = image or firmware()
        if not os.path.exists(image):
            raise BoardError("no such firmware: %s" % image)
        self.buffer = b""
        asked, self.ask = os.pipe()
        self.answers, answered = os.pipe()
        options = {"commands": asked, "answers": answered, "seed": seed, "noise": noise}
        self.process = subprocess.Popen(
            [shutil.which("node") or "node", os.path.join(HERE, "serve.mjs"), image, json.dumps(options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, pass_fds=(asked, answered),
            env=dict(os.environ, HS_MODULES=MODULES))
        os.close(asked)
        os.close(answered)
        self.replies = os.fdopen(self.answers, "r", encoding="utf-8")
        try:
            self.raw_repl()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        for f in (self.process.stdin, self.process.stdout, self.process.stderr, self.replies):
            f.close()
        os.close(self.ask)

    # ---- commands of serve.mjs ----

    def command(self, name, **arguments):
        os.write(self.ask, (json.dumps(dict(arguments, do=name)) + "\n").encode())
        line = self.replies.readline()
        if not line:
            raise BoardError("the emulator ended: " + self.process.stderr.read().decode(errors="replace")[-2000:])
        return json.loads(line)

    def save_sram(self, path):
        """All of it to a file, as a debug probe would read it."""
        self.command("memory", address=SRAM, size=SRAM_SIZE, file=os.path.abspath(path))

    def report(self):
        return self.command("report")

    def clear(self, watch=None):
        """Begins to count. watch: an address of code; report()["watched"] says how often it was executed."""
        self.command("clear", watch=watch)

    def reset(self):
        """The RUN pin."""
        self.buffer = b""
        self.command("reset")
        self.raw_repl()

    def brownout(self, every=0):
        """The supply sags: one bit in so many bytes of SRAM changes (0: none), and the board starts."""
        self.buffer = b""
        self.command("brownout", every=every)
        self.raw_repl()

    # ---- serial port ----

    def write(self, data):
        os.write(self.process.stdin.fileno(), data)

    def read_until(self, end, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while end not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise BoardError("timeout; last output: %r" % self.buffer[-300:])
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise BoardError("the emulator ended: " + self.process.stderr.read().decode(errors="replace")[-2000:])
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(end)
        return head

    def raw_repl(self, patience=PATIENCE):
        """From a boot, or anywhere else, to the raw REPL. What is sent before the host has opened the port waits there."""
        self.write(b"\r\x03\x03\x01")
        self.read_until(PROMPT, patience)

    def soft_reset(self, patience=PATIENCE):
        """Ctrl-D at the raw REPL."""
        self.write(b"\x04")
        self.read_until(b"soft reboot\r\n", patience)
        self.read_until(PROMPT, patience)

    def start(self, script):
        """Hands a script over and waits until it has been taken."""
        if isinstance(script, str):
            script = script.encode()
        self.write(script + b"\x04")
        self.read_until(b"OK")

    def run(self, script, patience=PATIENCE):
        """Runs a script. Returns (output, error); error is empty or the traceback."""
        self.start(script)
        output = self.read_until(b"\x04", patience)
        error = self.read_until(b"\x04", patience)
        self.read_until(b">", patience)
        return output.replace(b"\r\n", b"\n"), error.replace(b"\r\n", b"\n")

    def run_to_reset(self, script):
        """Runs a script that resets the board, and comes back to the raw REPL of the next boot."""
        before = self.report()["resets"]
        self.start(script)
        deadline = time.monotonic() + PATIENCE
        while self.report()["resets"] == before:
            if time.monotonic() > deadline:
                raise BoardError("no reset; last output: %r" % self.buffer[-300:])
            time.sleep(0.05)
        self.buffer = b""
        self.raw_repl()

    @contextlib.contextmanager
    def pty(self, name=None):
        """The serial port as a pseudo terminal, at the friendly REPL; afterwards at the raw one again."""
        self.write(b"\x02")
        self.read_until(b">>> ")
        port = hs_port.Port(name)
        bridge = Bridge(self, port.master)
        bridge.start()
        try:
            yield port.name
        finally:
            bridge.stop()
            port.close()
            self.buffer = b""
            self.raw_repl()


class Bridge(threading.Thread):
    """Passes bytes between a board and the master of a pseudo terminal."""

    def __init__(self, board, master):
        super().__init__(daemon=True)
        self.board, self.master = board, master
        self.wake = os.pipe()

    def run(self):
        serial = self.board.process.stdout.fileno()
        while True:
            ready = select.select([serial, self.master, self.wake[0]], [], [])[0]
            if self.wake[0] in ready:
                return
            if serial in ready:
                data = os.read(serial, 4096)
                if not data:
                    return
                while data:
                    data = data[os.write(self.master, data):]
            if self.master in ready:
                self.board.write(os.read(self.master, 4096))

    def stop(self):
        os.write(self.wake[1], b".")
        self.join(10)
        for fd in self.wake:
            os.close(fd)


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    if missing():
        print("pico: " + missing(), file=sys.stderr)
        return 2
    with contextlib.suppress(FileNotFoundError):
        os.unlink(sys.argv[2])
    with Pico(sys.argv[1]) as board, board.pty(sys.argv[2]):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with contextlib.suppress(KeyboardInterrupt):
            board.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
