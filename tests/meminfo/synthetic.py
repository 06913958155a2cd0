# SPDX-License-Identifier: MIT
"""SYNTHETIC dumps: heaps made up here, printed as the versions of MicroPython and CircuitPython print them. No line
of them comes from a board.

    heap = Heap(areas=["Mhh=..."], granule=16, bases=[0x3ffc2db0])
    text = heap.text(version="1.11")
"""
import random
import re

LINE = 64
KINDS = "hhhhhhABDFLMSTB"

# What differs between versions: digits of an offset, how much of it is printed, whether it is an address (before
# 1.8.1), whether the line with the longest free run has it, whether a heap may have several areas.
VERSIONS = {
    "1.8.0": dict(digits=5, mask=0xfffff, address=True, longest=False, areas=False),  # and earlier
    "1.9": dict(digits=5, mask=0xfffff, areas=False),
    "1.11": dict(digits=5, mask=0xfffff, areas=False),
    "1.19": dict(digits=5, mask=0xfffff, areas=False),
    "1.20": dict(digits=8, mask=0xffffffff),
    "1.21": dict(digits=8, mask=0xffffffff),
    "1.25": dict(digits=8, mask=0xffffffff),
    "1.29": dict(digits=8, mask=0xffffffff),
    "circuitpython-5": dict(digits=5, mask=0xfffff, areas=False),
    "circuitpython-9": dict(digits=8, mask=0xffffffff),
}


def random_area(granules, seed, fill=0.6):
    """A map of so many granules: blocks of mostly one to four, some long, and free runs."""
    rng = random.Random(seed)
    cells = []
    while len(cells) < granules:
        n = min(granules - len(cells), rng.choice([1, 1, 1, 2, 2, 3, 4, 9, 70, 200] if rng.random() < 0.9 else [400, 900]))
        cells += rng.choice(KINDS) + "=" * (n - 1) if rng.random() < fill else "." * n
    return "".join(cells)


class Heap:
    def __init__(self, areas, granule=16, bases=None):
        self.areas, self.granule = areas, granule
        self.bases = bases or [0x20001000 + 0x100000 * i for i in range(len(areas))]

    @property
    def maps(self):
        """As meminfo.py of tests/oracle has them: h, = and dots."""
        return [re.sub("[A-Za-z]", "h", a) for a in self.areas]

    def figures(self):
        both = "|".join(self.areas)
        blocks = [len(b) for b in re.findall("[A-Za-z]=*", both)]
        runs = [len(r) for r in re.findall(r"\.+", both)]
        used = sum(blocks)
        total = sum(len(a) for a in self.areas)
        return dict(total=total * self.granule, used=used * self.granule, free=(total - used) * self.granule,
                    ones=blocks.count(1), twos=blocks.count(2), block=max(blocks, default=0), run=max(runs, default=0))

    def figures_text(self, version="1.25", stack="stack: 736 out of 15360\n", split=None):
        f, v = self.figures(), VERSIONS[version]
        return (stack + "GC: total: %(total)d, used: %(used)d, free: %(free)d" % f +
                (", max new split: %d" % split if split is not None else "") +
                "\n No. of 1-blocks: %(ones)d, 2-blocks: %(twos)d, max blk sz: %(block)d" % f +
                (", max free sz: %(run)d" % f if v.get("longest", True) else "") + "\n")

    def map_text(self, version="1.25", header=True):
        return "".join(self._area_text(a, base, VERSIONS[version], header) for a, base in zip(self.areas, self.bases))

    def _area_text(self, cells, base, v, header):
        out, at, n = ["GC memory layout; from %x:" % base if header else ""], 0, len(cells)
        while at < n:
            free = len(cells) - at if not cells[at:].strip(".") else len(re.match(r"\.*", cells[at:]).group())
            if free >= 2 * LINE:
                out.append("       (%d lines all free)" % (free // LINE))
                at = (at + free) // LINE * LINE
                if at >= n:
                    break
            offset = (at * self.granule + (base if v.get("address") else 0)) & v["mask"]
            out.append("%0*x: %s" % (v["digits"], offset, cells[at:at + LINE]))
            at += LINE
        return "\n".join(out) + "\n"

    def text(self, version="1.25", stack="stack: 736 out of 15360\n", split=None, header=True):
        return self.figures_text(version, stack, split) + self.map_text(version, header)


def exact(total, used, ones, twos, block, run, seed=1):
    """One area of `total` granules with exactly these figures: the longest block and the longest free run once, blocks
    of one and two granules as told, others of three and more, in an order that `seed` chooses."""
    rest, blocks = used - ones - 2 * twos - block, [1] * ones + [2] * twos + [block]
    while rest > 0:
        n = min(rest, 5, block)
        if rest - n in (1, 2):  # a block of one or two would be counted
            n = rest if rest <= block else n - 2
        blocks.append(n)
        rest -= n
    assert sum(blocks) == used and blocks.count(1) == ones and blocks.count(2) == twos, blocks
    rng = random.Random(seed)
    rng.shuffle(blocks)
    holes, left = [], total - used - run
    while left > 0:
        holes.append(min(left, max(1, run // 3), 40))
        left -= holes[-1]
    kinds = [rng.choice(KINDS) + "=" * (n - 1) for n in blocks]
    places = rng.sample(range(len(kinds)), len(holes))  # no two holes side by side
    for place, n in zip(places, holes):
        kinds[place] = "." * n + kinds[place]
    return "".join(kinds) + "." * run
