# SPDX-License-Identifier: MIT
"""The cores that lib/ is built and tested for: compilers, flags and emulated machines. The only such list;
check-layers, the suite `cores` and the benchmark read it.

    core = hs_cores.CORES["rv32imc"]
    done = core.compile(["-Os", "-c", "-o", "x.o"], ["lib/crc.c"])
    core.link("x.elf", ["tests/cores/checks.c"] + hs_cores.LIB)
    done = core.run("x.elf", cwd=folder)            # status 0 when the program says that all is well
"""
import glob
import os
import shutil
import subprocess

import hs_test

LIB = sorted(os.path.relpath(path, hs_test.ROOT) for path in glob.glob(os.path.join(hs_test.ROOT, "lib", "*.c")))
WARNINGS = ["-Wall", "-Wextra", "-Wshadow", "-Wvla", "-Wundef", "-Wpointer-arith", "-Wstrict-prototypes",
            "-Wmissing-prototypes", "-Wold-style-definition", "-Wwrite-strings", "-Werror"]
SECTIONS = ["-ffunction-sections", "-fdata-sections"]
QUIET = ["-display", "none", "-monitor", "none", "-semihosting-config", "enable=on,target=native"]


class Machine:
    """One of QEMU's. `ram`: bytes that a program may use."""

    def __init__(self, emulator, options, ram):
        self.emulator, self.options, self.ram = emulator, options, ram

    def command(self, elf, *more):
        return [self.emulator, *self.options, *QUIET, *more, "-kernel", elf]


class Core:
    """`code`: where a program's code begins; `roomy`: the machine for large programs."""

    def __init__(self, name, title, cross, package, flags, start, code, machine, roomy=None):
        self.name, self.title, self.cross, self.package, self.flags = name, title, cross, package, flags
        self.start = ["tests/cores/machine_%s.c" % start]
        self.script = os.path.join(hs_test.ROOT, "tests/cores/%s.ld" % start)
        self.code, self.machine, self.roomy = code, machine, roomy or machine

    def missing(self):
        """What to install before this core can be used, or None."""
        if not shutil.which(self.cross + "gcc"):
            return "%sgcc is missing: install %s (scripts/deps test)" % (self.cross, self.package)
        return None if shutil.which(self.machine.emulator) else "%s is missing (scripts/deps test)" % self.machine.emulator

    def compile(self, flags, sources):
        """Runs the compiler, from the repository root."""
        return subprocess.run([self.cross + "gcc", *self.flags, "-I.", *flags, *sources], cwd=hs_test.ROOT, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def link(self, elf, sources, *flags, roomy=False):
        """A program for the machine, or for the one with more memory. Writes a linker map beside it."""
        ram = (self.roomy if roomy else self.machine).ram
        done = self.compile(["-std=gnu11", "-g", *WARNINGS, *SECTIONS, *flags, "-nostartfiles", "-T", self.script,
                             "-Wl,--gc-sections,--no-warn-rwx-segments,--defsym=ram_size=%d" % ram,
                             "-Wl,-Map=" + os.path.splitext(elf)[0] + ".map", "-o", elf], [*self.start, *sources])
        if done.returncode:
            raise RuntimeError("%s: cannot build %s:\n%s" % (self.name, elf, done.stdout))
        return elf

    def run(self, elf, cwd, timeout=120):
        return hs_test.run(self.machine.command(os.path.abspath(elf)), cwd=cwd, timeout=timeout, merge=True)

    def tool(self, name, *arguments):
        """Standard output of nm, size, ..."""
        return subprocess.run([self.cross + name, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


# The microbit's Cortex-M0 traps what a Cortex-M0+ traps (unaligned access, Thumb-2 instructions).
MPS2 = Machine("qemu-system-arm", ["-M", "mps2-an385", "-serial", "null"], 4 << 20)
MICROBIT = Machine("qemu-system-arm", ["-M", "microbit", "-serial", "null"], 16 << 10)
VIRT = Machine("qemu-system-riscv32", ["-M", "virt", "-bios", "none", "-serial", "null"], 16 << 20)
SIM = Machine("qemu-system-xtensa", ["-M", "sim", "-cpu", "lx106", "-serial", "stdio"], 16 << 20)

ARM = ("arm-none-eabi-", "gcc-arm-none-eabi")
CORES = {core.name: core for core in [
    Core("cortex-m0plus", "Cortex-M0+", *ARM, ["-mcpu=cortex-m0plus", "-mthumb"], "cortexm", 0, MICROBIT, MPS2),
    Core("cortex-m3", "Cortex-M3", *ARM, ["-mcpu=cortex-m3", "-mthumb"], "cortexm", 0, MPS2),
    Core("rv32imc", "RV32IMC", "riscv64-unknown-elf-", "gcc-riscv64-unknown-elf",
         ["-march=rv32imc", "-mabi=ilp32", "--specs=picolibc.specs"], "riscv", 0x80000000, VIRT),
    Core("lx106", "Xtensa lx106", "xtensa-lx106-elf-", "gcc-xtensa-lx106",
         ["-mlongcalls", "-mtext-section-literals", "--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs"], "xtensa", 0x60000000, SIM),
]}
