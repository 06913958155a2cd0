# SPDX-License-Identifier: MIT
"""Each program's first line says what is right: the code of doctor's first finding and the line that it must name, or "-" where
nothing may be found. Run in a heap of 64 KB, in 32 and 64 bit: the cause is planted so that it holds in both."""
import glob
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import hs_test  # noqa: E402

tap = hs_test.Tap()


def first_finding(firmware, path, *args):
    trace = os.path.join(hs_test.scratch(), "planted.hst")
    hs_test.run_firmware(firmware, ["-X", "heapsize=64k", os.path.basename(path), *args], cwd=os.path.dirname(path), trace=trace)
    status, value, err = hs_test.cli_json("doctor", trace)
    findings = (value or {}).get("findings", [])
    return (findings[0] if findings else None), status, err


TRIED = ("HS-FRAG-FAILED", "HS-HEAP-GROWING", "HS-HEAP-PEAK")


def tried(finding):
    """What trials of the advice came to."""
    return [re.sub(".*tried on this trace, ", "", n) for n in finding["next"] if "tried on this trace" in n]


def sarif(finding, name, line):
    """The last trace's diagnosis as a SARIF log: what its standard requires, and the line of the first finding."""
    value = json.loads(hs_test.cli("doctor", "--sarif", os.path.join(hs_test.scratch(), "planted.hst")).out)
    run = value["runs"][0]
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    first = run["results"][0]
    place = first["locations"][0]["physicalLocation"]
    good = (value["version"] == "2.1.0" and len(value["runs"]) == 1 and len(set(rules)) == len(rules)
            and all(r["ruleId"] in rules and r["level"] in ("error", "warning", "note") and r["message"]["text"] for r in run["results"])
            and first["ruleId"] == finding["code"] and first["message"]["text"].startswith(finding["verdict"]))
    at = (place["artifactLocation"]["uri"], place.get("region", {}).get("startLine"))
    tap.check("%s: a SARIF log, at line %s" % (name, line), good and at == (finding["source"], finding["line"]) and finding["line"] > 0, value)


def names_line(finding, name, line):
    words = " ".join([finding["verdict"]] + finding["evidence"])
    return re.search(r"\b%s\.py:%s\b" % (re.escape(name), line), words) is not None


def exhaustion(firmware, name):
    """How many more collections a leak lasts, foretold from ten rounds, against the same program that is not stopped."""
    path = os.path.join(HERE, "programs", name + ".py")
    finding, _, _ = first_finding(firmware, path)
    told = [int(n) for e in finding["evidence"] for n in re.findall(r"full after (\d+) more collections", e)]
    first_finding(firmware, path, "1000000")
    _, value, _ = hs_test.cli_json("stat", os.path.join(hs_test.scratch(), "planted.hst"))
    real = value["collections"] - 10
    tap.check("%s, %s: full after %s more collections, within 20 %%" % (name, firmware, told), told and abs(told[0] - real) <= 0.2 * real, (told, real))


for path in sorted(glob.glob(os.path.join(HERE, "programs", "*.py"))):
    name = os.path.splitext(os.path.basename(path))[0]
    with open(path) as f:
        wanted = f.readline().lstrip("# ").split()
    for firmware in hs_test.UNIX:
        finding, status, err = first_finding(firmware, path)
        if wanted == ["-"]:
            tap.check("%s, %s: nothing is found" % (name, firmware), status == 0 and not finding, (status, err, finding))
            continue
        code, line, *others = wanted  # the others are where what keeps the blocks grows
        good = status == 1 and finding and finding["code"] == code and all(names_line(finding, name, n) for n in [line, *others])
        tap.check("%s, %s: %s by line %s" % (name, firmware, code, line), good, (status, err, finding))
        if good and code in TRIED and finding["severity"] == "problem":
            tap.check("%s, %s: advice was tried: %s" % (name, firmware, "; ".join(tried(finding))), tried(finding), finding)
        if good and firmware == "unix64":
            sarif(finding, name, line)
for name in ("leak-list", "leak-dict", "leak-closure"):
    for firmware in hs_test.UNIX:
        exhaustion(firmware, name)
tap.finish()
