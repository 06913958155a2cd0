# SPDX-License-Identifier: MIT
"""The firmware's file for the board, and what the build does with settings."""
import os
import re
import struct
import subprocess

import hs_test
import pico

PORT = "firmware-hooks/ports/port_rp2.c"


def path(name):
    return os.path.join(hs_test.scratch(), name)


# ---- UF2, as its specification has it ----

def blocks(uf2):
    with open(uf2, "rb") as f:
        data = f.read()
    return [struct.unpack("<8I476sI", data[i:i + 512]) for i in range(0, len(data), 512)]


def case_uf2(tap, chip, family):
    """What the writer makes of a Pico's image for this chip."""
    uf2 = path(chip + ".uf2")
    made = hs_test.run([os.path.join(hs_test.ROOT, "scripts", "uf2"), "--chip", chip, pico.firmware(), uf2])
    tap.check("uf2, %s: written" % chip, made.status == 0, made.err)
    check_uf2(tap, chip, uf2, pico.firmware(), family)


def check_uf2(tap, name, uf2, image, family):
    """Read back: an image in flash, whole sectors, each block's header right."""
    with open(image, "rb") as f:
        image = f.read()
    found, flash = blocks(uf2), bytearray()
    wrong = []
    for n, (magic0, magic1, flags, address, size, number, count, kind, data, magic2) in enumerate(found):
        right = (magic0, magic1, magic2) == (0x0A324655, 0x9E5D5157, 0x0AB16F30) and flags == 0x2000 and kind == family \
            and number == n and count == len(found) and size == 256 and address == 0x10000000 + len(flash) \
            and not any(data[size:])
        wrong += [] if right else [n]
        flash += data[:size]
    tap.check("uf2, %s: %d blocks" % (name, len(found)), found and not wrong, wrong[:5])
    tap.check("uf2, %s: what it puts into flash is the image" % name,
              flash[:len(image)] == image and not any(flash[len(image):]) and len(flash) - len(image) < 4096 and len(flash) % 4096 == 0,
              (len(flash), len(image)))


def case_uf2_bad(tap):
    for name, args in (("no such image", ["nowhere.bin", path("x.uf2")]), ("an empty image", [path("empty.bin"), path("x.uf2")])):
        open(path("empty.bin"), "wb").close()
        done = hs_test.run([os.path.join(hs_test.ROOT, "scripts", "uf2"), "--chip", "rp2040", *args])
        tap.check("uf2: %s: %s" % (name, done.err.decode().strip()), done.status == 2 and args[0].encode() in done.err
                  and not os.path.exists(path("x.uf2")), (done.status, done.err))


def case_boards(tap):
    for board, status, word in (("RPI_PICO", 0, b"rp2040"), ("RPI_PICO2", 0, b"rp2350"), ("RPI_PICO_W", 1, b"cyw43-driver"),
                                ("PYBV11", 1, b"no board PYBV11")):
        done = hs_test.run([os.path.join(hs_test.ROOT, "scripts", "rp2-chip"), hs_test.MP_SRC, board])
        tap.check("make firmware: %s: %s" % (board, (done.out + done.err).decode().split("\n")[0][:80]),
                  done.status == status and word in done.out + done.err, (done.status, done.out, done.err))


# ---- the port's file, compiled as the firmware's build does, with other settings ----

def flags():
    """The build's own compiler flags."""
    name = os.path.join(os.path.dirname(pico.firmware()), "CMakeFiles", "firmware.dir", "flags.make")
    with open(name, encoding="utf-8") as f:
        text = f.read()
    return " ".join(re.findall(r"^C_(?:DEFINES|INCLUDES|FLAGS) = (.*)$", text, re.M))


def compile_port(settings, more=lambda text: text):
    """(status, what the compiler said, symbols of the object)"""
    out = path("port.o")
    command = "arm-none-eabi-gcc %s %s -c -o %s %s" % (more(flags()), settings, out, os.path.join(hs_test.ROOT, PORT))
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    symbols = subprocess.run(["arm-none-eabi-nm", "-S", out], stdout=subprocess.PIPE, text=True, check=False).stdout
    return done.returncode, done.stdout, symbols if done.returncode == 0 else ""


def case_settings(tap):
    status, said, symbols = compile_port("")
    tap.check("unless said otherwise there is no array for the ring", status == 0 and not re.search(r" ring$", symbols, re.M), (said, symbols))
    status, said, symbols = compile_port("-DHS_RING_SIZE=8192")
    tap.check("HS_RING_SIZE: it is an array", status == 0 and re.search(r" 00002000 . ring$", symbols, re.M), (said, symbols))
    status, said, symbols = compile_port("-DHS_RING_ADDR=0x20041000 -DHS_RING_SIZE=4096")
    tap.check("HS_RING_ADDR: the ring is there, and takes no room elsewhere", status == 0 and not re.search(r" ring$", symbols, re.M),
              (said, symbols))
    status, said, _ = compile_port("-DHS_RING_SIZE=512")
    tap.check("a ring that is too small for anything does not compile, and says so", status and "HS_RING_SIZE: the least is" in said, said)
    status, said, _ = compile_port("", as_rp2350)
    tap.check("the port compiles for an RP2350", status == 0, said[-2000:])


def as_rp2350(text):
    """The flags of the other chip: its folders of the SDK, its core."""
    text = text.replace("/src/rp2040/", "/src/rp2350/").replace("-mcpu=cortex-m0plus", "-mcpu=cortex-m33 -mcmse")
    text = re.sub(r"-DPICO_RP2040=\S+", "-DPICO_RP2350=1", text)
    return text.replace("CMSIS/Device/RP2040", "CMSIS/Device/RP2350")


def nm(elf):
    """{symbol: address}"""
    out = subprocess.run(["arm-none-eabi-nm", elf], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {fields[2]: int(fields[0], 16) for fields in map(str.split, out.splitlines()) if len(fields) == 3}


def case_flash(tap):
    """What the hooks bring along: no search in texts, no numbers as text, nothing that only reads traces."""
    hooked, plain = (set(nm(pico.firmware(plain=p).replace(".bin", ".elf"))) for p in (False, True))
    large = (hooked - plain) & {"strstr", "memmem", "strtoul", "snprintf", "qsort", "hs_decode_next", "hs_kind_info"}
    tap.check("the hooks bring no large function of the C library, and no decoder", "hs_put_alloc" in hooked and not large, large)


# ---- a Pico 2, which nothing here emulates: what can be read from its firmware ----

ARM_SECURE = 0xE48BFF59
IMAGE_DEF = struct.pack("<3I", 0xFFFFDED3, 0x10210142, 0x1FF)  # the block by which the boot ROM knows a program: ARM, secure, RP2350
MAKES_FIRMWARE = "RPI_PICO2: make soak builds it"


def wraps():
    """Functions that MicroPython's hooks stand before."""
    with open(os.path.join(hs_test.ROOT, "firmware-hooks", "micropython", "wraps.txt"), encoding="utf-8") as f:
        return re.findall(r"^[a-z]\w*", f.read(), re.M)


def callers(elf, function):
    """Names of the functions that call one, or jump to it."""
    text = subprocess.run(["arm-none-eabi-objdump", "-d", elf], stdout=subprocess.PIPE, text=True, check=True).stdout
    found, inside = set(), ""
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <(\S+)>:$", line)
        inside = head.group(1) if head else inside
        if re.search(r"\tb(l|\.[nw])?\s.*<%s>$" % re.escape(function), line):
            found.add(inside)
    return found


def case_pico2(tap):
    """What `make firmware BOARD=RPI_PICO2` has made."""
    image = pico.firmware("RPI_PICO2")
    elf, uf2 = image.replace(".bin", ".elf"), os.path.join(os.path.dirname(hs_test.MP), "firmware", "RPI_PICO2.uf2")
    if not os.path.exists(uf2):
        if os.environ.get("HS_SOAK"):
            tap.check(MAKES_FIRMWARE, False, uf2)
        else:
            tap.skip(MAKES_FIRMWARE, "not built")
        return
    check_uf2(tap, "RPI_PICO2", uf2, image, ARM_SECURE)
    with open(image, "rb") as f:
        tap.check("RPI_PICO2: the boot ROM finds a program for the ARM cores", IMAGE_DEF in f.read(4096))
    symbols = nm(elf)
    missing = [w for w in wraps() if w in symbols and "__wrap_" + w not in symbols]
    tap.check("RPI_PICO2: hooks stand before every function that they wrap", "__wrap_gc_alloc" in symbols and not missing, missing)
    around = callers(elf, "gc_alloc"), callers(elf, "__wrap_gc_alloc")
    tap.check("RPI_PICO2: MicroPython calls the hooks", "m_malloc" in around[1] and not any(n.startswith(("m_", "mp_")) for n in around[0]), around)
    heap = symbols["__GcHeapStart"], symbols["__GcHeapEnd"]
    inside = [n for n, address in symbols.items() if heap[0] < address < heap[1] and n != "__HeapLimit"]
    tap.check("RPI_PICO2: no array of the hooks is in the heap: the ring is taken from its end", "ring" not in symbols and not inside, inside)


def run(tap):
    case_uf2(tap, "rp2040", 0xE48BFF56)
    case_uf2(tap, "rp2350", ARM_SECURE)
    case_flash(tap)
    case_pico2(tap)
    case_uf2_bad(tap)
    case_boards(tap)
    case_settings(tap)
