# SPDX-License-Identifier: MIT
"""The component on the bare stand-in (bare.c): RV32 in QEMU, code and constants where linker.lf.in puts them.

    firmware = bare.Firmware(folder)              # compiles and links, or raises RuntimeError
    done = firmware.run()                         # what it printed
"""
import os
import re

import hs_cores
import hs_test

HERE = os.path.dirname(os.path.abspath(__file__))
CORE = hs_cores.CORES["rv32imc"]
OURS = ("bare.c", "bare_system.c", "standin_base.c", "standin_multi.c", "standin_caps.c", "standin_newlib.c")

SCRIPT = """/* As linker.lf.in says: what is not (noflash) of the component is in flash. */
ENTRY(start)
SECTIONS
{
    .start 0x80000000 : { KEEP(*(.start)) }
    .early 0x80010000 : { %(early)s }
    .flash 0x80020000 : { flash_start = .; %(slow)s . = ALIGN(16); flash_end = .; }
    .iram 0x80080000 : { iram_start = .; %(fast)s iram_end = .; *(.text*) *(.rodata*) *(.srodata*)
        . = ALIGN(4); init_array_start = .; KEEP(*(.init_array*)) init_array_end = .;
        . = ALIGN(4); __start_standin_init = .; KEEP(*(standin_init)) __stop_standin_init = .; }
    .tdata : { tls_start = .; *(.tdata*) }
    .tbss : { *(.tbss*) }
    tls_size = SIZEOF(.tdata) + SIZEOF(.tbss);
    .data 0x80400000 : { *(.data*) *(.sdata*) *(.bss*) *(.sbss*) *(COMMON) . = ALIGN(16); end = .; }
    stack_top = 0x80400000 + ram_size;
}
"""


def placements(path):
    """[(object, symbol or "", scheme)] of a linker fragment, with HEAPSTRATA_IN_IRAM = y."""
    with open(path) as f:
        text = f.read().split("else:")[0]
    return re.findall(r"^\s+(\w+)(?::(\w+))? \((\w+)\)$", text, re.M)


def sections(name, symbol=""):
    kinds = (".text", ".rodata", ".srodata")
    return "*/%s.o(%s)" % (name, " ".join("%s.%s %s.%s.*" % (k, symbol, k, symbol) if symbol else "%s %s.*" % (k, k) for k in kinds))


def script(lf, names):
    """A symbol's line counts for more than its object's."""
    rows = placements(lf)
    whole = {name for name, symbol, scheme in rows if scheme == "noflash" and not symbol}
    early = [sections(name, symbol) for name, symbol, scheme in rows if scheme == "noflash" and symbol]
    slow = [sections(name, symbol) for name, symbol, scheme in rows if scheme == "default" and symbol]
    slow += [sections(name) for name in names if name not in whole]
    return SCRIPT % dict(early=" ".join(early), slow=" ".join(slow), fast=" ".join(sections(name) for name in sorted(whole)))


class Firmware:
    def __init__(self, folder, component, lib, link, lf, more=(), parts=()):
        self.elf, self.folder, self.rows = os.path.join(folder, "bare.elf"), folder, placements(lf)
        names = [os.path.splitext(os.path.basename(c))[0] for c in (*component, *lib)]
        path = os.path.join(folder, "bare.ld")
        with open(path, "w") as f:
            f.write(script(lf, names))
        self.flags = ["-std=gnu11", "-g", "-Os", "-ffunction-sections", "-fdata-sections", "-fno-jump-tables", "-I" + os.path.join(HERE, "include"),
                 '-DHS_PORT_HEADER="firmware-hooks/ports/port_esp_idf.h"', "-DHS_STREAM=0", "-DHS_CRC_TABLE=16", "-DHS_RING_IN=1",
                      "-DCONFIG_HEAPSTRATA_WRAPS=1", "-DportNUM_PROCESSORS=1", *more]
        sources = [os.path.join(HERE, f) for f in (*OURS, *parts)] + [os.path.join(hs_test.ROOT, s) for s in CORE.start] + list(component) + list(lib)
        self.link = ["-nostartfiles", "-T", path, "-Wl,--gc-sections,--no-warn-rwx-segments,--defsym=ram_size=%d" % CORE.machine.ram, *link]
        # The stand-in first: ESP-IDF calls the last constructor first.
        self.objects = [self._compile(source, 131072) for source in sources] + [self._archive("standin_timers.c")]
        self._good(CORE.compile([*self.link, "-o", self.elf], self.objects))

    def _compile(self, source, ring):
        made = os.path.join(self.folder, os.path.splitext(os.path.basename(source))[0] + ".o")
        flags = self.flags if source.endswith(".c") else ["-std=gnu++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", *self.flags[1:]]
        self._good(CORE.compile([*flags, "-DHS_RING_SIZE=%d" % ring, "-c", "-o", made], [source]))
        return made

    def _archive(self, source):
        """A file that is linked only where a function of it is called."""
        made = os.path.join(self.folder, "libtimers.a")
        CORE.tool("ar", "rcs", made, self._compile(os.path.join(HERE, source), 131072))
        return made

    def change_ring(self, port, ring):
        """The same firmware with another ring."""
        self._compile(port, ring)
        self._good(CORE.compile([*self.link, "-o", self.elf], self.objects))

    @staticmethod
    def _good(done):
        if done.returncode:
            raise RuntimeError(done.stdout)

    def run(self, timeout=300):
        command = CORE.machine.command(self.elf, "-icount", "shift=0")
        return hs_test.run(command, cwd=self.folder, timeout=timeout, merge=True)

    def missing(self):
        """Lines of the fragment that name nothing."""
        there = {name: CORE.tool("nm", os.path.join(self.folder, name + ".o")) for name in {name for name, _, _ in self.rows}}
        return [symbol for name, symbol, _ in self.rows if symbol and not re.search(r" [tTrR] %s$" % symbol, there[name], re.M)]

    def iram(self):
        """Bytes of the component's code in internal RAM, constants left out."""
        rows = [(int(a, 16), int(n, 16), kind) for a, n, kind in
                re.findall(r"^(\w+) (\w+) ([tT]) ", CORE.tool("nm", "-S", self.elf), re.M)]
        ends = dict(re.findall(r"^(\w+) \w (iram_start|iram_end)$", CORE.tool("nm", self.elf), re.M)[i][::-1] for i in range(2))
        return sum(n for a, n, kind in rows if 0x80010000 <= a < 0x80020000 or int(ends["iram_start"], 16) <= a < int(ends["iram_end"], 16))
