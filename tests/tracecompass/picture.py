#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what the views of analysis/tracecompass/*.xml hold of a trace: the states that their definitions build, by the small
reader of them in tracecompass.py. It is no picture of Trace Compass, which draws them in a style of its own.

    picture.py TRACE.hst OUT.svg
"""
import collections
import glob
import json
import sys
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

import tracecompass  # adds the folder of hs_test to the path
from tracecompass import hs_test

WIDTH, LEFT, RIGHT, PLOT, ROW, GAP = 940, 250, 20, 110, 22, 44
INK = ("#1f6f8b", "#c8553d", "#5b8e55", "#8a5fbf", "#b8860b", "#3f4f6b", "#a23b72", "#708090", "#2f9c95", "#d17a22", "#7d4f50", "#4f772d")


def series(root, events):
    """{attribute path: [(ns, value or None)]}, by the state provider's rules."""
    state, found = {}, collections.defaultdict(list)
    for event in events:
        for at, value in tracecompass.build_state(root, [event]).items():
            if at[0] == "counts":  # these are increments
                value = state.get(at, 0) + value
            if state.get(at, ...) != value:
                state[at] = value
                found[at].append((event["ns"], value))
    return found


class Drawing:
    def __init__(self, end):
        self.end, self.y, self.parts = end, 16, []

    def x(self, ns):
        return LEFT + (WIDTH - LEFT - RIGHT) * ns / self.end

    def add(self, form, *values):
        self.parts.append(form % values)

    def text(self, x, y, text, more=""):
        self.add('<text x="%.1f" y="%.1f"%s>%s</text>', x, y, more, escape(text))

    def title(self, view):
        self.text(8, self.y + 4, "%s  (%s)" % (view.find("head/label").get("value"), view.tag), ' font-weight="bold"')
        self.y += 16

    def lines(self, view, found):
        """An xyView: a step line for each attribute."""
        self.title(view)
        top = max([v for steps in found.values() for _, v in steps if v] or [1])
        self.add('<rect x="%d" y="%d" width="%d" height="%d" fill="#f6f6f4"/>', LEFT, self.y, WIDTH - LEFT - RIGHT, PLOT)
        self.text(LEFT - 6, self.y + 10, "{:,}".format(top), ' text-anchor="end"')
        self.text(LEFT - 6, self.y + PLOT, "0", ' text-anchor="end"')
        for i, (at, steps) in enumerate(sorted(found.items(), key=lambda item: -max(v or 0 for _, v in item[1]))):
            ink, points, before = INK[i % len(INK)], [], 0
            for ns, value in steps + [(self.end, steps[-1][1])]:
                points += ["%.1f,%.1f" % (self.x(ns), self.y + PLOT - PLOT * v / top) for v in (before, value or 0)]
                before = value or 0
            self.add('<polyline points="%s" fill="none" stroke="%s"/>', " ".join(points), ink)
            if i < PLOT // 13 - 1:
                self.text(8, self.y + 14 + 13 * i, at[-1], ' fill="%s"' % ink)
        self.y += PLOT + GAP - 16

    def bars(self, view, found):
        """A timeGraphView: a row for each attribute, a bar for each state."""
        self.title(view)
        named = {int(d.get("value")): (d.get("name"), d.get("color")) for d in view.findall("definedValue")}
        seen = {}
        for at, steps in sorted(found.items()):
            self.text(8, self.y + 14, at[-1])
            self.add('<rect x="%d" y="%d" width="%d" height="%d" fill="#f6f6f4"/>', LEFT, self.y, WIDTH - LEFT - RIGHT, ROW - 4)
            for (ns, value), (until, _) in zip(steps, steps[1:] + [(self.end, None)]):
                if value is None:
                    continue
                label, ink = named.get(value, (str(value), "#dcd3b6"))
                self.add('<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>', self.x(ns), self.y,
                         max(1, self.x(until) - self.x(ns)), ROW - 4, ink)
                if value in named:
                    seen[label] = ink
                elif self.x(until) - self.x(ns) > 8 * len(label):
                    self.text(self.x(ns) + 3, self.y + 13, label)
            self.y += ROW
        x = LEFT
        for label, ink in sorted(seen.items()):
            self.add('<rect x="%.1f" y="%d" width="9" height="9" fill="%s"/>', x, self.y, ink)
            self.text(x + 13, self.y + 9, label)
            x += 30 + 7 * len(label)
        self.y += GAP - 12

    def svg(self):
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" fill="#222">\n'
                '<rect width="100%%" height="100%%" fill="white"/>\n%s\n</svg>\n' % (WIDTH, self.y, "\n".join(self.parts)))


def draw(trace):
    events = [json.loads(line) for line in hs_test.cli("export", "-f", "json", trace, timeout=300).out.splitlines()]
    drawing = Drawing(max(e["ns"] for e in events) or 1)
    for path in sorted(glob.glob(tracecompass.FILES)):
        root = ElementTree.parse(path).getroot()
        found = series(root, events)
        for view in [v for v in root if v.tag in tracecompass.VIEWS]:
            tops = {e.get("path").split("/")[0] for e in view.findall("entry")}
            mine = {at: steps for at, steps in found.items() if at[0] in tops}
            (drawing.lines if view.tag == "xyView" else drawing.bars)(view, mine)
    return drawing.svg()


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="utf-8") as f:
        f.write(draw(sys.argv[1]))
