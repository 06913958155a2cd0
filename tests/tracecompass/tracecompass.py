#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of analysis/tracecompass/*.xml that Trace Compass's schema does not make.

Every analysis, value, event and field that a file names is defined; the state that the file's own rules build from
an exported trace, by a small reader of them here, is what stat says. With HS_TRACECOMPASS_XSD naming Trace Compass's
xmlDefinition.xsd, the files are also validated against it (needs xmllint).
"""
import collections
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

FILES = os.path.join(hs_test.ROOT, "analysis", "tracecompass", "*.xml")
PROGRAM = os.path.join(hs_test.ROOT, "tests", "export", "programs", "busy.py")
UST = "org.eclipse.linuxtools.lttng2.ust.tracetype"
VIEWS = ("xyView", "timeGraphView")


def attribute_path(change):
    """How a state change names its attribute: ("bytes", "used"); a field's value is *FIELD."""
    return tuple(("*" if a.get("type") == "eventField" else "") + a.get("value") for a in change.findall("stateAttribute"))


def changes(root):
    """(event, path, state value) of each state change."""
    for handler in root.iter("eventHandler"):
        for change in handler.findall("stateChange"):
            yield handler.get("eventName"), attribute_path(change), change.find("stateValue")


def fields_used(path, value):
    used = [p[1:] for p in path if p.startswith("*")]
    return used + ([value.get("value")] if value.get("type") == "eventField" else [])


def build_state(root, events):
    """Attributes and their last values."""
    state = {}
    handlers = collections.defaultdict(list)
    for event, path, value in changes(root):
        handlers[event].append((path, value))
    for event in events:
        for path, value in handlers.get(event["event"], []):
            at = tuple(str(event[p[1:]]) if p.startswith("*") else p for p in path)
            if value.get("type") == "null":
                state[at] = None
            elif value.get("type") == "eventField":
                state[at] = event[value.get("value")]
            elif value.get("increment") == "true":
                state[at] = (state.get(at) or 0) + int(value.get("value"))
            else:
                state[at] = value.get("value")
    return state


def check_names(tap, name, root, samples):
    providers = {p.get("id"): p for p in root.iter("stateProvider")}
    ids = [e.get("id") for kind in ("stateProvider",) + VIEWS for e in root.iter(kind)]
    tap.check(name + ": ids are unique", len(ids) == len(set(ids)) and None not in ids, ids)
    types = [t.get("id") for p in providers.values() for t in p.iter("traceType")]
    tap.check(name + ": for LTTng UST traces", types == [UST] * len(providers) and providers, types)
    for view in [v for kind in VIEWS for v in root.iter(kind)]:
        analyses = [a.get("id") for a in view.iter("analysis")]
        tap.check("%s: %s: its analysis is defined" % (name, view.get("id")),
                  len(analyses) == 1 and analyses[0] in providers, analyses)
        check_entries(tap, name, root, view)
    for event, path, value in changes(root):
        known = samples.get(event)
        missing = [f for f in fields_used(path, value) if known and f not in known]
        tap.check("%s: %s sets %s from what the event has" % (name, event, "/".join(path)), known and not missing, missing)
    for provider in providers.values():
        defined = {d.get("name") for d in provider.findall("definedValue")}
        named = set(re.findall(r'"\$(\w+)"', ElementTree.tostring(provider, encoding="unicode")))
        tap.check("%s: %s: values that it names are defined, and the other way round" % (name, provider.get("id")),
                  named == defined, named ^ defined)


def check_entries(tap, name, root, view):
    entries = view.findall("entry")
    if view.tag == "xyView":
        tap.check("%s: %s: one entry, as such views allow" % (name, view.get("id")), len(entries) == 1, len(entries))
    written = {path[0] for _, path, _ in changes(root)}
    wanted = {e.get("path").split("/")[0] for e in entries}
    tap.check("%s: %s: someone writes %s" % (name, view.get("id"), ", ".join(wanted)), wanted <= written, wanted - written)


def check_values(tap, name, root, history):
    """Numbers that a time graph shows have names there."""
    for view in root.iter("timeGraphView"):
        named = {int(d.get("value")) for d in view.findall("definedValue")}
        for entry in view.findall("entry"):
            top = entry.get("path").split("/")[0]
            seen = {v for at, values in history.items() if at[0] == top for v in values if isinstance(v, int)}
            tap.check("%s: %s: states %s have names" % (name, view.get("id"), sorted(seen)), seen <= named and seen, seen - named)


def history_of(root, events):
    """All values that each attribute took."""
    history = collections.defaultdict(set)
    for i, event in enumerate(events):
        for at, value in build_state(root, [event]).items():
            if value is not None:
                history[at].add(value)
    return history


def check_state(tap, name, state, stat):
    total = sum(v for at, v in state.items() if at[0] == "kinds")
    for shown, wanted in ((state["bytes", "used"], stat["used_bytes"]), (state["bytes", "free"], stat["free_bytes"]),
                          (state["bytes", "longest free run"], stat["largest_free_bytes"]), (total, stat["used_bytes"]),
                          (state["counts", "collections"], stat["collections"]), (state["counts", "marks"], stat["marks"]),
                          (state["counts", "failed allocations"], stat["failed"]), (state["counts", "boots"], stat["boots"]), (state["course", "collections"], None),
                          (state["course", "since the mark"], "end \u00e9"), (state["layout", "heap"], 1)):
        tap.check("%s: shows %s in the end" % (name, shown), shown == wanted, wanted)
    tap.check(name + ": shows the fragmentation in the end",
              abs(state["shares", "external fragmentation, permille"] / 1000 - stat["fragmentation"]) < 0.001)


def check_picture(tap, trace, events):
    """That of docs/tracecompass.md can be drawn anew, and shows every attribute of numbers."""
    import picture
    drawn = ElementTree.fromstring(picture.draw(trace))
    lines = len(drawn.findall("{http://www.w3.org/2000/svg}polyline"))
    kinds = {e["kind"] for e in events if e["event"] == "heapstrata:live"}
    tap.check("the picture has %d lines" % lines, lines == 3 + 1 + len(kinds) + 4, len(kinds))


def main():
    tap = hs_test.Tap()
    trace = os.path.join(hs_test.scratch(), "busy.hst")
    done = hs_test.run_firmware("unix64", ["-X", "heapsize=160k", PROGRAM], trace=trace)
    tap.check("a trace to look at", done.status == 0, done.err)
    events = [json.loads(x) for x in hs_test.cli("export", "-f", "json", trace).out.splitlines()]
    printed = os.path.join(hs_test.scratch(), "printed.txt") # text that does not print the longest free run
    with open(printed, "w") as f:
        f.write("GC: total: 64000, used: 1600, free: 62400\n No. of 1-blocks: 3, 2-blocks: 2, max blk sz: 9\n")
    told = [json.loads(x) for x in hs_test.cli("export", "-f", "json", printed).out.splitlines()]
    samples = {e["event"]: e for e in told + events}
    stat = hs_test.cli_json("stat", trace)[1]
    files = sorted(glob.glob(FILES))
    tap.check("there are analyses", len(files) > 0)
    for path in files:
        name, root = os.path.basename(path), ElementTree.parse(path).getroot()
        check_names(tap, name, root, samples)
        check_values(tap, name, root, history_of(root, events))
        check_state(tap, name, build_state(root, events), stat)
        schema = os.environ.get("HS_TRACECOMPASS_XSD")
        if schema:
            done = hs_test.run(["xmllint", "--noout", "--schema", schema, path])
            tap.check(name + ": by Trace Compass's schema", done.status == 0, done.err)
        state = build_state(root, told)
        tap.check(name + ": of such text used, free and boots, and nothing of the longest run", (state.get(("bytes", "used")),
                  state.get(("bytes", "free")), state.get(("counts", "boots")), state.get(("bytes", "longest free run"))) == (1600, 62400, 1, None), state)
    check_picture(tap, trace, events)
    tap.finish()


if __name__ == "__main__":
    main()
