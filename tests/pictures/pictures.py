# SPDX-License-Identifier: MIT
"""Pictures, read back: what is drawn is what the measures say."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
sys.path.insert(0, HERE)
import hs_test  # noqa: E402
from picture import Picture, cells, edges, png_rows, value  # noqa: E402

PROGRAMS = os.path.join(os.path.dirname(HERE), "cli", "programs")
DEMO = os.path.join(hs_test.ROOT, "examples", "demo")
POINTS = "432"
tap = hs_test.Tap()


def path(name):
    return os.path.join(hs_test.scratch(), name)


def trace(program, folder=PROGRAMS, heap="128k", **env):
    out = path("%s-%s.hst" % (program, heap))
    if not os.path.exists(out):
        hs_test.run_firmware("unix64", ["-X", "heapsize=" + heap, program + ".py"], trace=out, cwd=folder, env=env)
    return out


def demo():
    return trace("logger", DEMO, "68k")


def draw(command, *args, name="picture.svg"):
    """(Picture or None, what was seen)"""
    out = path(name)
    done = hs_test.cli(command, "--svg", out, *args)
    good = done.status == 0 and not done.out
    if not tap.check("%s %s" % (command, " ".join(os.path.basename(a) for a in args)), good, (done.status, done.err)):
        return None
    return Picture(out)


# ---- timeline ---------------------------------------------------------------------------------------------------

def near(axis, drawn, figure):
    """Within a quarter of a pixel."""
    pixel = (axis["y_high"] - axis["y_low"]) / (axis["bottom"] - axis["top"])
    return drawn is not None and abs(value(axis, drawn) - figure) <= 0.26 * pixel


def check_area(picture, name, axis, corners, points, top=None, bottom=None):
    """The edges of an area are the figures of every point, looked at in the point's middle."""
    if not tap.check("%s is drawn" % name, corners):
        return
    at, wrong, seen = edges(corners), [], 0
    scale = (axis["right"] - axis["left"]) / (axis["x_high"] - axis["x_low"])
    for point, following in zip(points, points[1:]):
        x = axis["left"] + ((point["time_s"] + following["time_s"]) / 2 - axis["x_low"]) * scale
        high, low = at(x)
        for drawn, figure in ((high, top), (low, bottom)):
            if figure and not (figure(point) == 0 and drawn is None) and not near(axis, drawn, figure(point)):
                wrong.append((point["time_s"], drawn and value(axis, drawn), figure(point)))
        seen += 1
    tap.check("%s: its edge at %d points is the measure's" % (name, seen), seen > 50 and not wrong, wrong[:5])


def check_timeline(file, *args):
    picture = draw("timeline", file, *args)
    if not picture:
        return
    _, measured, _ = hs_test.cli_json("timeline", "--points", POINTS, file, *args)
    colour, heap = picture.data["colours"], picture.data["heap"]
    points = [p for p in measured["points"] if p["used_bytes"] is not None]  # before there is a heap nothing is drawn
    size = lambda p: p["used_bytes"] + p["free_bytes"]  # noqa: E731
    tap.check("the axes end where the trace does", heap["y_high"] == max(map(size, points)) and
              heap["x_low"] == measured["points"][0]["time_s"], (heap, points[0]))
    came = [p for p in points if p["free_min"] or p["used_min"]]  # the heap was there all the time
    check_area(picture, "what is used at all times", heap, picture.area(colour["used"]), points, top=lambda p: p["used_min"])
    check_area(picture, "what is used at times", heap, picture.area(colour["used_at_times"]), points, top=lambda p: p["used_max"])
    check_area(picture, "the longest free run", heap, picture.area(colour["longest_free_run"]), came,
               bottom=lambda p: size(p) - p["largest_free_min"])
    check_area(picture, "fragmentation at all times", picture.data["fragmentation"], picture.area(colour["fragmentation"]), points,
               top=lambda p: p["fragmentation_min"])
    check_area(picture, "fragmentation at times", picture.data["fragmentation"], picture.area(colour["fragmentation"], 0.4), points,
               top=lambda p: p["fragmentation_max"])
    check_pauses(picture, points)
    check_flags(picture, measured)
    total = measured["totals"]
    tap.check("in words", "%d failed" % total["failures"] in picture.description and
              ("%d collection" % total["collections"]) in picture.description and os.path.basename(file) in picture.description,
              picture.description)


def check_pauses(picture, points):
    if "pauses" not in picture.data:
        return
    axis, wrong = picture.data["pauses"], []
    bars = [line for line in picture.lines(picture.data["colours"]["pause"]) if line[0][0] == line[1][0] and line[0][1] == axis["bottom"]
            and line[1][1] < axis["bottom"]]
    wanted = [p["longest_pause_s"] for p in points if p["collections"]]
    for line, pause in zip(bars, wanted):
        least = axis["bottom"] - 3
        if not near(axis, line[1][1], pause) and line[1][1] < least - 0.3:
            wrong.append((line, pause))
    tap.check("%d bars of pauses, as long as measured" % len(wanted), len(bars) == len(wanted) and wanted and not wrong,
              (len(bars), wrong[:3]))


def check_flags(picture, measured):
    axis = picture.data["heap"]
    scale = (axis["right"] - axis["left"]) / (axis["x_high"] - axis["x_low"])
    for key, name in (("failures", "failed allocation"), ("marks", "mark")):
        wanted = {int(axis["left"] + (n["time_s"] - axis["x_low"]) * scale + 0.125) for n in measured[key]}
        drawn = {int(line[0][0]) for line in picture.lines(picture.data["colours"][name]) if line[0][0] == line[1][0]
                 and line[1][1] == axis["bottom"]}
        good = len(wanted) == len(drawn) and all(min(abs(w - d) for d in drawn) <= 1 for w in wanted)
        tap.check("%d lines of %s where they belong" % (len(wanted), key), good, (sorted(wanted), sorted(drawn)))


def case_timeline():
    check_timeline(demo())
    check_timeline(trace("marks"))
    check_timeline(trace("fragment"), "--theme", "dark")
    check_timeline(trace("marks"), "--from", "mark:start", "--to", "mark:turn#3")
    picture = draw("timeline", "--by", "event", trace("marks"))
    last = hs_test.cli_json("timeline", "--by", "event", trace("marks"))[1]["points"][-1]
    tap.check("against events", picture and picture.data["heap"]["x_high"] >= last["event"] > 100, picture and picture.data["heap"])


# ---- map --------------------------------------------------------------------------------------------------------

def region_of(file, *args):
    return hs_test.cli_json("map", file, *args)[1]["regions"][0]


def case_map():
    for file, args in ((demo(), ()), (demo(), ("--at", "event:1000")), (trace("marks"), ("--at", "mark:turn#2", "--theme", "dark"))):
        check_map(file, *args)


def check_map(file, *args):
    picture = draw("map", file, *args)
    if not picture:
        return
    measured = region_of(file, *[a for a in args if a not in ("--theme", "dark")])
    names = {c["name"]: c["colour"] for c in picture.data["classes"]}
    others = [c["colour"] for c in picture.data["classes"] if c["name"].endswith(" others")]
    drawn = cells(picture, picture.data["regions"][0], names.values())
    wrong = [(b, drawn.get(g)) for b in measured["blocks"] for g in range(b["granule"], b["granule"] + b["granules"])
             if drawn.get(g) != names.get(b["site"], others[0] if others else None)]
    tap.check("%d blocks have their lines' colours" % len(measured["blocks"]), measured["blocks"] and not wrong, wrong[:3])
    free = [i for i, c in enumerate(measured["map"]) if c == "."]
    run = [i for i in free if drawn.get(i) == names["of it the longest run"]]
    longest = max(measured["map"].replace("h", "=").split("="), key=len)
    wrong = [i for i in free if drawn.get(i) not in (names["free"], names["of it the longest run"])]
    tap.check("%d free granules, the longest run of %d by itself" % (len(free), len(longest)), not wrong and len(run) == len(longest)
              and run == list(range(run[0], run[0] + len(run))), (wrong[:3], run[:3]))
    first = {c["name"]: c for c in picture.data["classes"]}
    sums = {}
    for b in measured["blocks"]:
        sums[b["site"]] = sums.get(b["site"], 0) + b["granules"] * measured["granule_bytes"]
    listed = [n for n in first if n in sums]
    tap.check("the legend's bytes", listed and all(first[n]["bytes"] == sums[n] for n in listed) and
              first["free"]["bytes"] == measured["free_bytes"], first)


def case_map_styles():
    kinds = draw("map", "--style", "kind", "--elf", hs_test.firmware("unix64"), demo())
    blocks = region_of(demo(), "--elf", hs_test.firmware("unix64"))["blocks"]
    names = {c["name"]: c["blocks"] for c in kinds.data["classes"] if c["blocks"] and not c["name"].endswith(" others")}
    tap.check("kinds", len(names) >= 3 and all(sum(b["kind"] == n for b in blocks) == names[n] for n in names), names)
    ages = draw("map", "--style", "age", demo())
    tap.check("ages", sum(c["blocks"] for c in ages.data["classes"]) == len(blocks) and "survived 4 to 7" in
              [c["name"] for c in ages.data["classes"] if c["blocks"]], ages.data["classes"])
    large = draw("map", trace("fragment", heap="8m"))
    region = large.data["regions"][0]
    tap.check("a heap of 8 MB: several granules to a cell, a small file", region["granules_per_cell"] > 1 and
              region["granules"] > 200000 and len(large.bytes) < 250000, (region, len(large.bytes)))


def case_changes():
    args = ("--at", "event:1000", "--diff", "end")
    picture = draw("map", demo(), *args)
    measured = hs_test.cli_json("map", demo(), *args)[1]["regions"][0]["changes"]
    letters = {"free in both": ".", "the same block in both": "=", "came: was free": "+", "went: is free": "-", "another block": "~"}
    colours = {c["colour"]: letters[c["name"]] for c in picture.data["classes"] if c["name"] in letters}
    drawn = cells(picture, picture.data["regions"][0], colours)
    text = "".join(colours.get(drawn.get(i), " ") for i in range(len(measured)))
    tap.check("what changed, granule by granule", text == measured and set("=-~+") <= set(text), text)
    picture = draw("map", trace("marks"), trace("fragment"))
    tap.check("two traces", picture and "What changed" in picture.title)


# ---- blame ------------------------------------------------------------------------------------------------------

def case_blame():
    picture = draw("blame", demo())
    measured = json.dumps(hs_test.cli_json("blame", demo())[1])
    by_name = {c["name"]: c for c in picture.data["classes"]}
    drawn = cells(picture, picture.data["regions"][0], [c["colour"] for c in picture.data["classes"]])
    of = {n: sorted(i for i, c in drawn.items() if c == by_name[n]["colour"]) for n in by_name}
    way, opened = by_name["blocking"], by_name["free beside them: one run without them"]
    granule = picture.data["regions"][0]["granule_bytes"]
    tap.check("the blocks that block it", len(of["blocking"]) * granule == way["bytes"] and '"bytes": %d' % way["bytes"] in measured,
              (way, len(of["blocking"])))
    both = sorted(of["blocking"] + of[opened["name"]])
    tap.check("with what is free around it one run, long enough", both == list(range(both[0], both[0] + len(both))) and
              len(both) * granule == opened["bytes"] >= 12288, (len(both), opened))
    failed = hs_test.cli_json("timeline", demo())[1]["failures"][-1]
    blocks = region_of(demo(), "--at", "event:%d" % failed["event"])
    tap.check("in words", "12,288 contiguous bytes" in picture.description and "would be free" in picture.description, picture.description)
    tap.check("no others are lost", by_name["other blocks"]["blocks"] + way["blocks"] == len(blocks["blocks"]), by_name)
    asked = draw("blame", "--size", "20", "--at", "end", demo())
    tap.check("nothing blocks it", asked and "There is room" in asked.description, asked and asked.description)
    none = draw("blame", trace("marks"))
    tap.check("a trace without failures", none and "No allocation" in none.description, none and none.description)


# ---- all of them ------------------------------------------------------------------------------------------------

# G. Machado, M. Oliveira, L. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009.
SEEN_BY = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopes": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopes": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopes": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def lab(colour, eyes="all"):
    """CIE L*a*b* of #rrggbb as some eyes see it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))]
    r, g, b = (min(1, max(0, sum(m * c for m, c in zip(row, linear)))) for row in SEEN_BY[eyes])
    x, y, z = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505, 0.2126 * r + 0.7152 * g + 0.0722 * b, \
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def lightness(colour):
    return lab(colour)[0]


def least_distance(colours, eyes):
    seen = [lab(c, eyes) for c in colours]
    return min(sum((x - y) ** 2 for x, y in zip(a, b)) ** 0.5 for i, a in enumerate(seen) for b in seen[i + 1:])


def case_colours():
    for theme in ("light", "dark"):
        c = draw("timeline", "--theme", theme, demo()).data["colours"]
        bands = [lightness(c[n]) for n in ("used", "free", "longest_free_run", "used_at_times")]
        gaps = [abs(a - b) for i, a in enumerate(bands) for b in bands[i + 1:]]
        tap.check("%s: areas that touch differ in lightness, by %.0f or more" % (theme, min(gaps)), min(gaps) >= 9, bands)
        classes = [x["colour"] for x in draw("map", "--theme", theme, demo()).data["classes"]]
        first = [lightness(x) for x in classes[:4]] + [lightness(classes[-2]), lightness(classes[-1])]
        gaps = [abs(a - b) for i, a in enumerate(first) for b in first[i + 1:]]
        tap.check("%s: the four heaviest lines, free space and its longest run differ in lightness, by %.1f or more" % (theme, min(gaps)),
                  min(gaps) >= 4.5, first)
        for eyes in SEEN_BY:
            least = least_distance(classes, eyes)
            tap.check("%s: all %d colours of a map are told apart by %s: at least %.0f of CIE's 2.3" % (theme, len(classes), eyes, least),
                      least >= 8, classes)


def case_png():
    svg, png = path("both.svg"), path("both.png")
    done = hs_test.cli("timeline", "--svg", svg, "--png", png, demo())
    tap.check("both at once", done.status == 0, done.err)
    picture = Picture(svg)
    axis = picture.data["heap"]
    width, height, size, rows = png_rows(png, int(2 * (axis["top"] + 2)))
    tap.check("a PNG of two dots to a pixel", (width, height) == (1920, round(2 * picture.height)), (width, height))
    line, x = rows[-1], int(axis["left"] + 40) * 2
    dot = "#%02x%02x%02x" % tuple(line[x * size:x * size + 3])
    tap.check("its colours", dot == picture.data["colours"]["longest_free_run"], dot)
    again = path("again.svg")
    hs_test.cli("timeline", "--svg", again, demo())
    tap.check("the same picture twice", Picture(again).bytes == picture.bytes)
    tap.check("small: %d bytes" % len(picture.bytes), len(picture.bytes) < 200000)


HOSTILE = """
import heapstrata
heapstrata.mark('<script>alert(1)</script> & "x"')
heapstrata.mark('\\x1b[31m\\x00\\x07 ]]> <!--')
heapstrata.mark(b'\\xff\\xfe\\x80 not UTF-8')
heapstrata.mark('\\uffff \\ufffe')
x = [bytearray(100) for i in range(100)]
"""


def case_hostile():
    """Nothing in a trace is markup, and what XML cannot hold does not get there."""
    folder = path("<b>&\x07")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "a<i>&amp;.py"), "w", encoding="utf-8") as f:
        f.write(HOSTILE)
    file = os.path.join(folder, "t<u>&.hst")
    hs_test.run_firmware("unix64", ["a<i>&amp;.py"], trace=file, cwd=folder)
    for command, args in (("timeline", ()), ("map", ()), ("blame", ("--size", "100K")), ("map", ("--diff", "mark:<script>alert(1)</script> & \"x\""))):
        picture = draw(command, *args, file)
        tags = {e.tag.split("}")[1] for e in picture.root.iter()} if picture else {"none"}
        tap.check("only what cairo draws with", tags <= {"svg", "title", "desc", "metadata", "defs", "g", "symbol", "path", "use", "rect",
                                                       "clipPath"}, tags)
    tap.check("its name is text", "t<u>&.hst" in picture.description, picture.description)


def case_errors():
    done = hs_test.cli("timeline", "--svg", path("no/such/folder.svg"), demo())
    tap.check("a folder that is not there: 2, and why", done.status == 2 and b"folder.svg: No such file" in done.err, done.err)
    full = path("full.svg")
    os.symlink("/dev/full", full)
    for option in ("--svg", "--png"):
        done = hs_test.cli("map", option, full, demo())
        tap.check("%s to a full disk: 2, and what is no file stays" % option, done.status == 2 and b"No space left" in done.err and
                  os.path.islink(full) and not os.path.isfile("/dev/full"), done.err)
    done = hs_test.cli("map", "--theme", "pink", "--svg", path("x.svg"), demo())
    tap.check("no such theme", done.status == 2 and b"light|dark" in done.err, done.err)
    done = hs_test.cli("map", "--svg", path("x.svg"), "--at", "mark:none", demo())
    tap.check("no such moment: no picture either", done.status == 2 and not os.path.exists(path("x.svg")), done.err)
    done = hs_test.cli("timeline", "--svg", "-", demo())
    tap.check("to standard output", done.status == 0 and done.out.startswith(b"<?xml") and done.out.endswith(b"</svg>\n"), done.err)
    done = hs_test.run([hs_test.CLI, "map", "--svg", path("nofont.svg"), demo()], env={"FONTCONFIG_FILE": "/dev/null", "HOME": "/nonexistent"})
    tap.check("a machine without fonts draws all the same", done.status == 0 and Picture(path("nofont.svg")).lines(
        Picture(path("nofont.svg")).data["classes"][0]["colour"]), done.err)
    sampled = path("sampled.hst")
    hs_test.run_firmware("unix64", ["-X", "heapsize=128k", "marks.py"], trace=sampled, cwd=PROGRAMS, env={"HEAPSTRATA_LEVEL": "sampled:512"})
    tap.check("a timeline of samples", draw("timeline", sampled))
    done = hs_test.cli("map", "--svg", path("x.svg"), sampled)
    tap.check("no map of samples", done.status == 2 and b"level sampled" in done.err, done.err)


def main():
    if not tap.needs("pictures", "CAIRO"):
        tap.finish()
    for name, case in list(globals().items()):
        if not name.startswith("case_"):
            continue
        try:
            case()
        except Exception as problem:  # a broken case must not hide the others
            tap.check(name, False, repr(problem))
    tap.finish()


main()
