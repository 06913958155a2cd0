# SPDX-License-Identifier: MIT
"""Reads the text of micropython.mem_info(1), and of `heapstrata map --style meminfo`, granule by granule.

    info = parse(text)       # the last one in the text
    info.figures             # {"total": 64640, "used": 3040, ...}: what is there of FIGURES
    info.areas               # one string per area of the heap: h head, = tail, . free
    figures_of(areas, 32)    # the same figures counted from the maps
"""
import re

FIGURES = ("total", "used", "free", "No. of 1-blocks", "2-blocks", "max blk sz", "max free sz")
LINE = re.compile(r"^([0-9a-f]{8}): (\S+)$")
ELIDED = re.compile(r"^\s*\((\d+) lines all free\)$")
AREA = re.compile(r"^GC memory layout; from ")
FIGURE = re.compile(r"(%s): (\d+)" % "|".join(re.escape(x) for x in FIGURES))
WIDTH = 64


class Info:
    def __init__(self):
        self.figures, self.areas = {}, []


def plain(cells):
    """Type letters are heads. Anything that is neither letter, tail nor free is a fault, and stays visible."""
    return re.sub("[A-Za-ln-z]", "h", cells)


def parse(text):
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    at = text.rfind("\nGC: total:")
    info = Info()
    if at >= 0:
        text = text[at + 1:]
    elif not text.startswith("GC: total:") and "\nGC memory layout" not in "\n" + text:
        return info
    cells = []
    for line in text.splitlines():
        row, elided = LINE.match(line), ELIDED.match(line)
        if AREA.match(line):
            cells = []
            info.areas.append(cells)
        elif elided:
            cells.append("." * (WIDTH * int(elided.group(1))))
        elif row:
            cells.append(plain(row.group(2)))
        elif not info.areas:
            info.figures.update((name, int(value)) for name, value in FIGURE.findall(line))
        else:
            break
    info.areas = ["".join(a) for a in info.areas]
    return info


def figures_of(areas, granule):
    """The figures as they are defined, counted in the maps."""
    used = sum(len(a) - a.count(".") for a in areas)
    free = sum(a.count(".") for a in areas)
    blocks = [len(b) for a in areas for b in re.findall("h=*", a)]
    runs = [len(r) for a in areas for r in re.findall(r"\.+", a)]
    return dict(zip(FIGURES, ((used + free) * granule, used * granule, free * granule, blocks.count(1),
                              blocks.count(2), max(blocks, default=0), max(runs, default=0))))


def difference(real, rebuilt):
    """Empty when two Infos agree, else what differs first. `real` is the firmware's."""
    if not real.areas:
        return "the firmware printed no map"
    if not rebuilt.areas:
        return "no map was rebuilt"
    if len(real.areas) != len(rebuilt.areas):
        return "%d areas, rebuilt %d" % (len(real.areas), len(rebuilt.areas))
    for n, (a, b) in enumerate(zip(real.areas, rebuilt.areas)):
        if a != b:
            return _first(n, a, b)
    for name in FIGURES:
        if real.figures.get(name) != rebuilt.figures.get(name):
            return "%s: %s, rebuilt %s" % (name, real.figures.get(name), rebuilt.figures.get(name))
    return ""


def _first(area, real, rebuilt):
    if len(real) != len(rebuilt):
        return "area %d: %d granules, rebuilt %d" % (area, len(real), len(rebuilt))
    wrong = [i for i in range(len(real)) if real[i] != rebuilt[i]]
    at = wrong[0]
    start = max(0, at - 24)
    return ("area %d: %d of %d granules differ, the first is granule %d: %r, rebuilt %r\n"
            "  mem_info %6d: %s\n  rebuilt  %6d: %s\n           %s^"
            % (area, len(wrong), len(real), at, real[at], rebuilt[at], start, real[start:at + 40],
               start, rebuilt[start:at + 40], " " * (8 + at - start)))
