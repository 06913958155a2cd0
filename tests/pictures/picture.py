# SPDX-License-Identifier: MIT
"""Reads our SVG and PNG back with nothing but Python's own parsers: paths by their colour, in data coordinates."""
import json
import re
import struct
import xml.etree.ElementTree as ET
import zlib

SVG = "{http://www.w3.org/2000/svg}"


def hex_colour(text):
    """#rrggbb of "rgb(0%,44.7%,69.8%)"; None of anything else."""
    percents = re.match(r"rgb\(([\d.]+)%,\s*([\d.]+)%,\s*([\d.]+)%\)", text or "")
    return "#" + "".join("%02x" % round(float(p) * 2.55) for p in percents.groups()) if percents else None


class Picture:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = f.read()
        self.root = ET.fromstring(self.bytes)
        self.title = self.root.findtext(SVG + "title")
        self.description = self.root.findtext(SVG + "desc")
        self.data = json.loads(self.root.findtext(SVG + "metadata"))
        self.height = float(self.root.get("viewBox").split()[3])

    def shapes(self):
        """(kind, colour, opacity, [[(x, y), ...] for each subpath]) of everything drawn but text."""
        symbols = {id(p) for s in self.root.iter(SVG + "symbol") for p in s.iter()}
        for e in self.root.iter(SVG + "path"):
            if id(e) in symbols:
                continue
            style = dict(x.split(":", 1) for x in e.get("style", "").replace(" ", "").split(";") if ":" in x)
            kind = "stroke" if hex_colour(style.get("stroke")) else "fill"
            yield kind, hex_colour(style.get(kind)), float(style.get(kind + "-opacity", 1)), subpaths(e.get("d"))

    def lines(self, colour, opacity=None):
        """Strokes of one colour: [[(x, y), ...], ...]."""
        return [s for kind, c, o, paths in self.shapes() if kind == "stroke" and c == colour and
                (opacity is None or abs(o - opacity) < 0.01) for s in paths]

    def area(self, colour, opacity=1.0):
        """The widest fill of one colour: another one is the legend's."""
        found = [s for kind, c, o, paths in self.shapes() if kind == "fill" and c == colour and abs(o - opacity) < 0.01
                 for s in paths]
        return max(found, key=lambda s: max(x for x, _ in s) - min(x for x, _ in s)) if found else None


def subpaths(d):
    """Corners of a path of straight lines; curves count by their ends."""
    paths, tokens = [], re.findall(r"[MLCZ]|-?[\d.]+", d or "")
    at = 0
    while at < len(tokens):
        command = tokens[at]
        n = {"M": 2, "L": 2, "C": 6, "Z": 0}[command]
        numbers = [float(x) for x in tokens[at + 1:at + 1 + n]]
        at += 1 + n
        if command == "M":
            paths.append([tuple(numbers)])
        elif n:
            paths[-1].append(tuple(numbers[-2:]))
    return [p for p in paths if len(p) > 1]


def edges(corners):
    """(highest, lowest) y of a polygon of upright and level lines, as a function of x."""
    level = [(min(a[0], b[0]), max(a[0], b[0]), a[1]) for a, b in zip(corners, corners[1:] + corners[:1])
             if abs(a[1] - b[1]) < 1e-6]

    def at(x):
        ys = [y for low, high, y in level if low <= x < high]
        return (min(ys), max(ys)) if ys else (None, None)
    return at


def value(axis, y):
    """The figure that a height of a panel stands for."""
    return axis["y_low"] + (axis["bottom"] - y) / (axis["bottom"] - axis["top"]) * (axis["y_high"] - axis["y_low"])


def cells(picture, region, colours):
    """What each cell of a region is drawn as: {cell: colour}; a later stroke covers an earlier one."""
    found = {}
    for colour in colours:
        for (x0, y0), (x1, _) in (line for line in picture.lines(colour) if len(line) == 2):
            row = (y0 - region["top"]) / region["cell"] - 0.5
            first, last = (round((x - region["left"]) / region["cell"]) for x in (x0, x1))
            if abs(row - round(row)) > 0.01 or not 0 <= first < last <= region["columns"]:
                continue
            for column in range(first, last):
                found[round(row) * region["columns"] + column] = colour
    return found


def png_rows(path, rows):
    """(width, height, the first rows as bytes of three or four a dot) of a PNG."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    size = {2: 3, 6: 4}[colour]
    stride, raw, before, out = width * size, zlib.decompress(packed), bytearray(width * size), []
    for row in range(min(rows, height)):
        kind, line = raw[row * (stride + 1)], bytearray(raw[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = line[i - size] if i >= size else 0, before[i], before[i - size] if i >= size else 0
            if kind == 4:
                p = left + up - corner
                best = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - corner), 2, corner))[2]
            else:
                best = (0, left, up, (left + up) // 2)[kind]
            line[i] = line[i] + best & 255
        out.append(bytes(line))
        before = line
    return width, height, size, out
