# SPDX-License-Identifier: MIT
"""Programs on an emulated Cortex-M3 with a heap of any size. The firmware's main() hands the collector one array; a debugger
stops the board there and moves the heap's end, so that all sizes are tried with one firmware, whose addresses do not change."""
import os
import socket
import subprocess
import tempfile
import time

import hs_test
import qemu_mp

SMALLEST = 2048    # smaller heaps do not get to the prompt, or have no room for the script's text
PATIENCE = 600     # seconds: a heap that is nearly too small collects at each allocation
END, LARGE = 1, 143360  # the register with gc_init's second argument; what the port gives
# The same commands in each mode, but for what is called, so that the heap is the same.
CALLS = {"plain": '__import__("gc").enable()', "recording": '__import__("gc").enable()', "stopped": '__import__("heapstrata").stop()'}
# With the smallest of the program's own sizes, and without benchrun.py, which needs a clock.
RUN_BENCH = "_run, _result = bm_setup(bm_params[min(bm_params)])\n_run()\nprint(_result())\n"


class Debugger:
    """QEMU's server for GDB: as much of its protocol as stops at a function and changes an argument."""

    def __init__(self, path, patience=180):
        deadline = time.monotonic() + patience
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(path)
                break
            except OSError:
                self.socket.close()
                if time.monotonic() > deadline:
                    raise qemu_mp.BoardError("QEMU's server for GDB does not answer")
                time.sleep(0.01)
        self.socket.settimeout(patience)
        self.buffer = b""

    def ask(self, text):
        """One packet there, one back."""
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) % 256))
        while b"#" not in self.buffer[:-2]:
            more = self.socket.recv(4096)
            if not more:
                raise qemu_mp.BoardError("QEMU's server for GDB ended at " + text)
            self.buffer += more
        answer, _, self.buffer = self.buffer.partition(b"#")
        self.buffer = self.buffer[2:]
        self.socket.sendall(b"+")
        return answer.rpartition(b"$")[2].decode()

    def change(self, address, change):
        """Runs to an address, calls change(debugger) there, lets the board run on."""
        self.ask("Z0,%x,2" % address)
        stopped = self.ask("c")
        if not stopped.startswith("T05"):
            raise qemu_mp.BoardError("no stop at %x: %s" % (address, stopped))
        change(self)
        self.ask("z0,%x,2" % address)
        self.ask("D")
        self.socket.close()

    def change_register(self, number, change):
        """All of them are read and written: single ones only go after a description of the core was read."""
        registers = bytearray.fromhex(self.ask("g"))
        place = slice(4 * number, 4 * number + 4)
        registers[place] = change(int.from_bytes(registers[place], "little")).to_bytes(4, "little")
        if self.ask("G" + registers.hex()) != "OK":
            raise qemu_mp.BoardError("the register cannot be set")


def gc_init_of(elf):
    """Address of the function that main() calls to begin the heap: with hooks their wrap."""
    out = subprocess.run(["arm-none-eabi-nm", elf], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {line.split()[2]: int(line.split()[0], 16) for line in out.splitlines() if len(line.split()) == 3}
    return found.get("__wrap_gc_init", found["gc_init"])


class Board(qemu_mp.QemuMp):
    """A board whose heap has `heap` bytes, of the first ones that the port gives."""

    def __init__(self, plain, heap):
        elf = hs_test.firmware(hs_test.QEMU, plain)
        with tempfile.TemporaryDirectory(prefix="hs-gdb-") as folder:
            path = os.path.join(folder, "gdb")
            super().__init__(elf, boot_timeout=180, extra=["-gdb", "unix:%s,server=on,wait=off" % path],
                             before_run=lambda: Debugger(path).change(gc_init_of(elf), lambda d: d.change_register(END, lambda end: end - LARGE + heap)))


class BoardProgram:
    """As leastheap.Program, for the board."""

    large, smallest = LARGE, SMALLEST

    def __init__(self, name, text=None):
        self.name = name
        if text is None:
            with open(os.path.join(hs_test.MP_TESTS, name + ".py")) as f:
                text = f.read() + (RUN_BENCH if name.startswith("perf_bench/") else "")
        self.text = text

    def run(self, _firmware, mode, heap):
        try:
            with Board(mode == "plain", heap) as board:
                board.run(CALLS[mode])
                output, error = board.run(self.text, timeout=PATIENCE)
        except (qemu_mp.BoardError, OSError):
            return None
        return None if error else output
