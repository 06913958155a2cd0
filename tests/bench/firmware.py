# SPDX-License-Identifier: MIT
"""What a Cortex-M3 firmware is made of: functions by address, and what of it is ours by the linker map."""
import bisect
import collections
import re

import common

Function = collections.namedtuple("Function", "first end name ours")
Piece = collections.namedtuple("Piece", "section address size object ours")

OURS = re.compile(r"/(firmware-hooks/.*|qemu-arm/lib/)[a-z_]+\.o$")
PIECE = re.compile(r"^ (\.(?:text|s?rodata|s?data|s?bss|noinit)[\w.$]*|COMMON) +0x([0-9a-f]+) +0x([0-9a-f]+) (\S+)$", re.M)


def pieces(elf):
    """Input sections that were linked, with the object they came from."""
    with open(re.sub(r"\.elf$", ".map", elf)) as f:
        text = f.read()
    text = text[text.index("Linker script and memory map"):]
    text = re.sub(r"\n +(0x[0-9a-f]+ +0x[0-9a-f]+ )", r" \1", text)
    found = []
    for section, address, size, obj in PIECE.findall(text):
        if int(size, 16) and (int(address, 16) or section.startswith(".text")):
            found.append(Piece(section, int(address, 16), int(size, 16), obj, bool(OURS.search(obj))))
    return found


def functions(elf, linker_map=True, nm=common.ARM + "nm"):
    """By address. The compiler's marks of a clone (.part.0, .constprop.1) are left out of the name."""
    texts = sorted((p.address, p.address + p.size, p.ours) for p in pieces(elf) if p.section.startswith(".text")) \
        if linker_map else []
    starts = [t[0] for t in texts]
    found = []
    for line in common.output(nm, "-n", "-S", elf).splitlines():
        field = line.split()
        if len(field) == 4 and field[2] in "tTwW":
            first = int(field[0], 16) & ~1
            i = bisect.bisect_right(starts, first) - 1
            ours = i >= 0 and first < texts[i][1] and texts[i][2]
            found.append(Function(first, first + int(field[1], 16), field[3].split(".")[0], ours))
    return found


def totals(elf):
    """ROM (text, constants, initial values) and RAM (data, bss) of the whole image."""
    text, data, bss = common.output(common.ARM + "size", elf).splitlines()[1].split()[:3]
    return int(text) + int(data), int(data) + int(bss)
