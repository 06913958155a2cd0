# SPDX-License-Identifier: MIT
"""What the benchmark prints: tables, and at the end each target with what was measured."""
import json
import sys


def show(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        size = abs(value)
        return "%.*f" % (3 if size < 9.9995 else 2 if size < 100 else 1 if size < 1000 else 0, value)
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


class Report:
    """Collects while it prints; `data` is what bench.json holds."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.data = {"sections": {}, "targets": []}
        self.current = None

    def line(self, text=""):
        print(text, file=self.out, flush=True)

    def section(self, name, title):
        self.current = self.data["sections"].setdefault(name, {})
        self.line("\n%s\n%s" % (title, "=" * len(title)))

    def table(self, key, head, rows, title=None):
        """Columns as wide as they need, the first to the left, the others to the right."""
        self.current[key] = {"columns": list(head), "rows": [list(row) for row in rows]}
        cells = [[show(c) for c in row] for row in [head, *rows]]
        width = [max(len(row[i]) for row in cells) for i in range(len(head))]
        self.line("\n  " + title if title else "")
        for n, row in enumerate(cells):
            text = "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, width)))
            self.line("  " + text.rstrip())
            if n == 0:
                self.line("  " + "-" * (sum(width) + 2 * len(width) - 2))

    def figure(self, key, value):
        self.current[key] = value

    def skip(self, what, why):
        """Something that could not be measured here, said and kept."""
        self.current.setdefault("skipped", []).append([what, why])
        self.line("  not measured: %s: %s" % (what, why))

    def target(self, text, value, limit, at_least=False):
        """A target of the issue: `value` at most `limit`, or at least."""
        self.data["targets"].append({
            "target": text, "limit": limit, "at_least": at_least, "value": value,
            "reached": value is not None and (value >= limit if at_least else value <= limit)})

    def finish(self, path):
        self.line("\nTargets\n=======\n")
        width = max([len(t["target"]) for t in self.data["targets"]] or [0])
        for t in self.data["targets"]:
            sign = ">=" if t["at_least"] else "<="
            verdict = "reached"
            if t["value"] is None:
                verdict = "not measured"
            elif not t["reached"]:
                verdict = "missed by %.1f %%" % (100 * abs(t["value"] / t["limit"] - 1))
            self.line("  %s  %s %-8s %10s  %s" % (t["target"].ljust(width), sign, show(t["limit"]), show(t["value"]), verdict))
        with open(path, "w") as f:
            json.dump(self.data, f, indent=1)
            f.write("\n")
