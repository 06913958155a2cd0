#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What debuggers, emulators and consoles make of the ring, imported: the same .hst, byte by byte, as from the raw
image. gdb, QEMU and the consoles are the real ones, on real firmware. What needs hardware (ESP-IDF's core dumps,
flash read back by esptool) is built here from its documented layout."""
import base64
import os
import random
import re
import shutil
import struct
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test  # noqa: E402
import qemu_mp  # noqa: E402

FORMATS = ("binary", "ihex", "srec", "tekhex", "verilog")


def path(name):
    return os.path.join(hs_test.scratch(), name)


def write(name, data):
    with open(path(name), "wb") as f:
        f.write(data)
    return path(name)


def read(name):
    with open(path(name), "rb") as f:
        return f.read()


class Raw:
    """A raw image and what import makes of it: the others must come to the same."""

    def __init__(self, tap, name):
        self.tap, self.name = tap, name
        self.data = read(name)
        self.hst = self.convert(path(name), path(name + ".hst"))[2]
        tap.check("%s: the raw image is a trace" % name, self.hst and len(self.data) > 1024, len(self.data))

    def convert(self, source, target, *options):
        if os.path.exists(target):
            os.unlink(target)
        done = hs_test.cli("import", *options, source, "-o", target)
        return done.status, done.err.decode(), open(target, "rb").read() if os.path.exists(target) else None

    def same(self, what, source, *options):
        status, err, hst = self.convert(source, path("other.hst"), *options)
        self.tap.check("%s: %s" % (self.name, what), status == 0 and hst == self.hst,
                       "status %s, %s, %s" % (status, err, "same" if hst == self.hst else "another trace"))

    def part(self, what, source, *words):
        """Damaged: told, with these words, and what is there is imported."""
        status, err, hst = self.convert(source, path("other.hst"))
        self.tap.check("%s: %s: %s" % (self.name, what, err.strip()[-230:]),
                       status == 2 and hst and all(w in err for w in words), (status, err))
        stat = hs_test.cli_json("stat", source)
        self.tap.check("%s: %s: other commands read it too" % (self.name, what),
                       stat[0] == 2 and stat[1] and all(w in stat[2] for w in words), stat[2])

    def refused(self, what, source, *words):
        status, err, hst = self.convert(source, path("other.hst"))
        self.tap.check("%s: %s: %s" % (self.name, what, err.strip()[-200:]),
                       status == 2 and not hst and all(w in err for w in words), (status, err))


# ---- gdb ----

def gdb_dumps(prefix, low, high):
    """gdb commands that dump the range in every format."""
    return [x for f in FORMATS for x in ("-ex", "dump %s memory %s %s %s" % (f, path(prefix + "." + f), low, high))]


def case_gdb_process(tap):
    """The unix firmware under gdb, stopped in stats(): its image is in process memory."""
    if not shutil.which("gdb-multiarch"):
        tap.skip("gdb on a process", "no gdb-multiarch")
        return
    for firmware in hs_test.UNIX:
        if hs_test.emulated(firmware):
            tap.skip("gdb on " + firmware, "QEMU runs it here")
            continue
        low = "(char*)hs_trace.header"
        high = low + "+hs_trace.header->total_size"
        done = hs_test.run(["gdb-multiarch", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "break hs_mod_stats", "-ex", "run",
                            "-ex", "generate-core-file " + path(firmware + ".core"), *gdb_dumps(firmware, low, high),
                            "-ex", "kill", "--args", hs_test.firmware(firmware), "-X", "heapsize=128k",
                            os.path.join(HERE, "work.py"), path(firmware + ".file")], timeout=120)
        if b"ptrace" in done.err and b"not permitted" in done.err:
            tap.skip("gdb on " + firmware, "this machine does not let gdb run programs")
            continue
        if not os.path.exists(path(firmware + ".binary")):
            tap.check("gdb on %s" % firmware, False, done.out + done.err)
            continue
        raw = Raw(tap, firmware + ".binary")
        raw.same("a file written by heapstrata.dump(f)", path(firmware + ".file"))
        raw.same("an ELF core file by gdb", path(firmware + ".core"))
        for f in FORMATS[1:]:
            if os.path.exists(path(firmware + "." + f)) and os.path.getsize(path(firmware + "." + f)):
                raw.same("gdb dump " + f, path(firmware + "." + f))
            else:
                tap.note("gdb writes no %s of %s: %s" % (f, firmware, done.err.decode()[-200:]))


def case_kernel_core(tap):
    """A core file as the kernel writes it, where it writes plain files."""
    with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
        pattern = f.read().strip()
    if pattern.startswith("|") or "/" in pattern:
        tap.skip("a core file by the kernel", "core_pattern is " + pattern)
        return
    folder = path("kernel")
    os.makedirs(folder, exist_ok=True)
    script = write("abort.py", b"import heapstrata, sys\nheapstrata.start()\nx = [bytearray(50) for i in range(100)]\n"
                               b"heapstrata.stop()\nwith open('raw', 'wb') as f: heapstrata.dump(f)\n"
                               b"sys.stdout.write('ready\\n')\nimport os\nos.system('kill -ABRT $PPID')\n")
    hs_test.run(["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh", hs_test.firmware("unix64"), script], cwd=folder)
    cores = [f for f in os.listdir(folder) if f.startswith("core")]
    if not cores or not os.path.exists(os.path.join(folder, "raw")):
        tap.skip("a core file by the kernel", "none was written")
        return
    shutil.copy(os.path.join(folder, "raw"), path("kernel.raw"))
    Raw(tap, "kernel.raw").same("an ELF core file by the kernel", os.path.join(folder, cores[0]))


# ---- the emulated board ----

def before(text, offset):
    """The lines in front of that offset, and half a line."""
    lines = text.split(b"\n")
    n = next(i for i, x in enumerate(lines) if re.match(rb"HS:[0-9a-f]+ ", x) and int(x[3:].split()[0], 16) >= offset)
    return b"\n".join(lines[:n] + [lines[n][:30]])


def case_board(tap):
    """The Cortex-M3: QEMU's monitor, gdb on QEMU's stub, and what the console prints."""
    if not shutil.which("qemu-system-arm"):
        tap.skip("the board", "no qemu-system-arm")
        return
    gdb = shutil.which("gdb-multiarch")
    port = 20000 + os.getpid() % 10000
    stub = ["-gdb", "tcp:127.0.0.1:%d" % port] if gdb else []
    with qemu_mp.QemuMp(hs_test.firmware(hs_test.QEMU), extra=stub) as board, \
            open(os.path.join(HERE, "work.py"), "rb") as f:
        board.run("import heapstrata; heapstrata.reset()")
        out, err = board.run(f.read())
        tap.check("the board runs the script", not err, err)
        board.save_memory(qemu_mp.RING_ADDR, qemu_mp.RING_SIZE, path("pmemsave"))
        first, _ = board.run("heapstrata.dump()", timeout=120)
        second, _ = board.run("heapstrata.dump(2000)", timeout=120)
        if gdb:
            hs_test.run([gdb, "-batch", "-nx", "-ex", "target remote 127.0.0.1:%d" % port,
                         *gdb_dumps("board", hex(qemu_mp.RING_ADDR), hex(qemu_mp.RING_ADDR + qemu_mp.RING_SIZE)),
                         "-ex", "detach"], timeout=300)
    raw = Raw(tap, "pmemsave")
    raw.same("heapstrata.dump() on the console", write("console.log", first))
    raw.same("dump(2000) completes a dump that was cut",
             write("two.log", before(first, 2100) + b"\n>>> heapstrata.dump(2000)\n" + second))
    raw.same("a memory around the ring", write("around.bin", os.urandom(999) + raw.data + os.urandom(5000)))
    for f in FORMATS if gdb else ():
        raw.same("gdb-multiarch, dump %s" % f, path("board." + f))
    if not gdb:
        tap.skip("gdb on the board", "no gdb-multiarch")
    console(tap, raw, first.replace(b"\n", b"\r\n"))


# ---- a console's log ----

def stamped(lines, rng):
    """As a serial logger stores it, with what other tasks print in between."""
    out = [b"ets Jul 29 2019 12:21:46", b"\x1b[0;32mI (31) boot: hello\x1b[0m"]
    for i, line in enumerate(lines):
        out.append(b"[2024-05-01 12:34:%02d.%03d] " % (i // 1000 % 60, i % 1000) + line)
        if rng.random() < 0.1:
            out.append(rng.choice([b">>> ", b"wifi: HS is not ours", b"", b"\xff\xfe\x00garbage\x80"]))
    return out


def console(tap, raw, text):
    """Variations of one real dump."""
    rng = random.Random(5)
    lines = [x for x in text.split(b"\r\n") if x.startswith(b"HS:")]
    other = [b"HS:BEGIN 2000 00000000"] + lines[1:20]
    more = [b"HS:BEGIN 2001 00000000"] + lines[1:20]
    cut = lines[:len(lines) // 2]
    damaged = list(lines)
    damaged[9] = damaged[9][:20] + b"?" + damaged[9][21:]
    eol = b"\r\n"
    raw.same("a logger's time stamps, other output between", write("stamped.log", eol.join(stamped(lines, rng)) + eol))
    raw.same("Unix line ends", write("unix.log", b"\n".join(lines)))
    raw.same("old line ends", write("mac.log", b"\r".join(lines)))
    raw.same("UTF-16, as PowerShell stores it", write("utf16.log", b"\xff\xfe" + eol.join(lines).decode().encode("utf-16-le")))
    raw.same("BEGIN was lost", write("nobegin.log", eol.join(lines[1:])))
    raw.same("END was lost", write("noend.log", eol.join(lines[:-1])))
    raw.same("lines in any order, twice", write("mixed.log", eol.join(lines[:1] + sorted(lines[1:-1] * 2, key=hash) + lines[-1:])))
    raw.same("the last whole dump of several", write("several.log", eol.join(other + lines + cut)))
    raw.same("dump 2 of 3", write("third.log", eol.join(other + lines + more)), "--dump", "2")
    raw.same("a damaged dump, completed by a second", write("completed.log", eol.join(damaged + lines[:1] + lines[9:])))
    raw.part("a damaged line", write("damaged.log", eol.join(damaged)), "line 10", "1 lines are damaged", "heapstrata.dump(")
    raw.same("two CR before each LF", write("crcrlf.log", b"\r\r\n".join(lines)))
    raw.part("a cut dump", write("cut.log", eol.join(cut)), "bytes are there")
    status, err, _ = raw.convert(path("third.log"), path("other.hst"), "--dump", "7")
    tap.check("there is no dump 7: " + err.strip()[-120:], status == 2 and "no dump 7" in err, err)
    raw.refused("text without a dump", write("none.log", b"HS:END 5\nHS:0 Zm9v 8c736521\nhello\n"), "text")


# ---- ELF and ESP-IDF, as documented ----

def elf_core(segments, bits=32):
    """An ELF core of [(address, bytes)], with a note in front as real ones have."""
    note = b"CORE note of a crash"
    parts = [(4, 0, note)] + [(1, a, d) for a, d in segments]
    header, entry = (52, 32) if bits == 32 else (64, 56)
    at = header + entry * len(parts)
    table, body = b"", b""
    for kind, address, data in parts:
        if bits == 32:
            table += struct.pack("<8I", kind, at + len(body), address, address, len(data), len(data), 6, 4)
        else:
            table += struct.pack("<2I6Q", kind, 6, at + len(body), address, address, len(data), len(data), 4)
        body += data
    ident = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9)
    if bits == 32:
        ident += struct.pack("<2H5I6H", 4, 94, 1, 0, header, 0, 0, header, entry, len(parts), 0, 0, 0)
    else:
        ident += struct.pack("<2HI3QI6H", 4, 62, 1, 0, header, 0, 0, header, entry, len(parts), 0, 0, 0)
    return ident + table + body


def esp_core(elf, version=0x00000102):
    """ESP-IDF's header (components/espcoredump/include_core_dump), an ELF core and its CRC-32."""
    words = 6 if version & 0xffff >= 0x102 else 5
    size = words * 4 + len(elf) + (32 if version & 1 else 4)
    head = struct.pack("<6I", size, version, 3, 344, 2, 301)[:words * 4]
    check = os.urandom(32) if version & 1 else struct.pack("<I", zlib.crc32(head + elf))
    return head + elf + check


def esp_text(dump):
    """As printed: each write of the dump begins a line."""
    pieces = [dump[:24]] + [dump[i:i + 48] for i in range(24, len(dump), 48)]
    return [b"================= CORE DUMP START ================="] + [base64.b64encode(p) for p in pieces] \
        + [b"================= CORE DUMP END ================="]


def case_elf(tap):
    """The image split over segments that touch, out of order, beside others, with a hole."""
    ring = path("elf.ring")
    hs_test.run_firmware("unix32", ["-X", "heapsize=128k", os.path.join(HERE, "work.py")], ring=ring + ":16k")
    raw = Raw(tap, "elf.ring")
    d, base = raw.data, 0x3ffb1234
    noise = os.urandom(3000)
    split = [(base + 5000, d[5000:]), (0x3ff80000, noise), (base + 3, d[3:5000]), (base - 700, noise[:700] + d[:3])]
    for bits in (32, 64):
        raw.same("an ELF core of %d bits, one segment" % bits, write("one.elf", elf_core([(base, d)], bits)))
        raw.same("an ELF core of %d bits, adjacent segments" % bits, write("split.elf", elf_core(split, bits)))
    hole = [(base, d[:6000]), (base + 6400, d[6400:])]
    raw.part("a hole, where a crash handler had its stack", write("hole.elf", elf_core(hole)), "400 of the 16384 bytes", hex(base))
    raw.part("a core file that is cut", write("cut.elf", elf_core([(base, d)])[:-3000]), "is cut", "3000 bytes")
    raw.refused("a core file without a trace", write("other.elf", elf_core([(base, noise)])), "3000 bytes of memory", hex(base))
    raw.refused("a damaged program header table", write("bad.elf", elf_core([(base, d)])[:60]), "bad.elf")
    for version in (0x100, 0x101, 0x102, 0x103, 0x00090102):
        dump = esp_core(elf_core(split), version)
        raw.same("an ESP-IDF core dump, version %x" % version, write("esp.bin", dump))
        raw.same("its flash partition", write("esp.part", dump + b"\xff" * (65536 - len(dump) % 65536)))
        raw.same("as text", write("esp.log", b"\r\n".join(esp_text(dump))))
    raw.same("text with time stamps, the last of two", write("esp2.log", b"\r\n".join(
        b"12:00:01.5 " + x for x in esp_text(esp_core(elf_core([(1, noise)]))) + esp_text(dump))))
    raw.same("the flash of a board, by esptool read_flash", write("flash.bin", os.urandom(70001) + esp_core(elf_core([(base, d)]))))
    text = esp_text(dump)
    text[100] = text[100][:7] + b"!" + text[100][8:]
    raw.part("text with a damaged line", write("esp3.log", b"\r\n".join(text)), "line 101")
    broken = bytearray(esp_core(elf_core([(base, d)])))
    broken[-50] ^= 1
    raw.part("a core dump whose check is wrong", write("esp4.bin", bytes(broken)), "own check does not match")


def intel_hex(data, base):
    """With the segment records that 16-bit tools write."""
    out = []

    def record(kind, address, payload):
        b = bytes([len(payload), address >> 8 & 255, address & 255, kind]) + payload
        out.append(":" + (b + bytes([-sum(b) & 255])).hex().upper())
    for at in range(0, len(data), 16):
        if not at or (base + at) >> 4 & 0xfff == 0:
            record(2, 0, struct.pack(">H", (base + at) >> 4 & 0xf000))
        record(0, (base + at) & 0xffff, data[at:at + 16])
    record(1, 0, b"")
    return out


def case_hex(tap):
    """Damaged lines are reported by number; what a flash tool writes around the data does no harm."""
    data = read("elf.ring") if os.path.exists(path("elf.ring")) else None
    if not data:
        tap.check("case_elf left its ring", False)
        return
    raw = Raw(tap, "elf.ring")
    lines = intel_hex(data, 0x20000)
    raw.same("Intel HEX with segment addresses", write("seg.hex", "\r\n".join(lines).encode()))
    lines[700] = lines[700][:-1] + ("0" if lines[700][-1] != "0" else "1")
    raw.part("a damaged line", write("bad.hex", "\n".join(lines).encode()), "line 701", "Intel HEX")
    raw.part("lines are missing", write("gap.hex", "\n".join(lines[:700] + lines[800:]).encode()), "bytes of the image at address 0x20000")
    raw.refused("no trace in it", write("no.hex", "\n".join(intel_hex(os.urandom(500), 0)).encode()), "Intel HEX", "500 bytes of memory")


def make_seeds(folder):
    """The corpus of tests/fuzz/fuzz_text.c: a small ring in every form. `dumps.py --seeds FOLDER`"""
    ring = path("seed.ring")
    if os.path.exists(ring):
        os.unlink(ring)
    hs_test.run_firmware("unix32", ["-X", "heapsize=32k", os.path.join(HERE, "work.py")], ring=ring + ":2k")
    d = read("seed.ring")
    lines = ["HS:%x %s %08x" % (a, base64.b64encode(d[a:a + 45]).decode(), zlib.crc32(struct.pack("<I", a) + d[a:a + 45]))
             for a in range(0, len(d), 45) if any(d[a:a + 45])]
    frame = "%d %08x" % (len(d), zlib.crc32(d))
    begin, end = ["HS:BEGIN " + frame], ["HS:END " + frame]
    elf = elf_core([(0x1000 + 900, d[900:]), (0x1000, d[:900])])
    made = {"console0": "\n".join(begin + lines + end).encode(), "elf0": elf, "elf1": elf_core([(0x1000, d)], 64),
            "console1": "\r\n[12:00:01] ".join([""] + begin + lines[:20] + [">>> heapstrata.dump(800)"] + begin + lines[18:]).encode(),
            "intel0": "\n".join(intel_hex(d, 0x2fff0)).encode(), "esp0": esp_core(elf), "esp1": b"\n".join(esp_text(esp_core(elf)))}
    os.makedirs(folder, exist_ok=True)
    for name, data in made.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    for form in ("srec", "tekhex", "verilog"):
        hs_test.run(["arm-none-eabi-objcopy", "-I", "binary", "-O", form, "--change-addresses", "0x20000400", ring,
                     os.path.join(folder, form + "0")])


def main():
    if sys.argv[1:2] == ["--seeds"]:
        make_seeds(sys.argv[2])
        return
    tap = hs_test.Tap()
    for case in (case_elf, case_hex, case_gdb_process, case_kernel_core, case_board):
        try:
            case(tap)
        except Exception as problem:  # a broken case must not hide the others
            tap.check(case.__name__, False, repr(problem))
    tap.finish()


if __name__ == "__main__":
    main()
