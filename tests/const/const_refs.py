# SPDX-License-Identifier: MIT
"""References: heapstrata why and retained, against a decoder and a brute force of their own, and against
what the collector really frees."""
import os
import random

import hs_test

ROOTS = {1: "state", 2: "registers", 3: "stack", 4: "pystack", 5: "other"}

PROGRAM = """
import gc, heapstrata
class Node:
    def __init__(self, value, other):
        self.value = value
        self.other = other
table = [Node(i, [str(i), (i, i + 1)]) for i in range(60)]
for i in range(0, 60, 7):
    table[i].other = table[(i * 5) % 60]
shared = {"a": table[3], "b": [table[4], table[3]], "c": bytearray(500)}
ring = [1]
ring.append(ring)
number = 5
floating = [i * 1.5 for i in range(20)]
def garbage():
    for i in range(50):
        x = [i, [i]]
garbage()
heapstrata.mark("refs")
heapstrata.snapshot(refs=True)
gc.collect()
heapstrata.mark("end")
"""


# ---- a decoder of its own ----

def numbers(data):
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def unzigzag(n):
    return n >> 1 ^ -(n & 1)


class Graph:
    """Blocks by the granule of their head: {head: granules}; edges {head: [(word, head)]}; roots [(class, head)]."""

    def __init__(self, suite, trace, pointer, at=None):
        rows = []
        status, out, _ = suite.out("dump", "--json", trace)
        import json
        for line in out.splitlines():
            row = json.loads(line)
            if row["kind"] in ("REFS", "ROOT", "SNAPSHOT", "MODULE", "GLOBAL"):
                rows.append(row)
        last = max(i for i, row in enumerate(rows) if row["kind"] == "REFS" and row["part"] & 2)
        first = max(i for i, row in enumerate(rows[:last]) if row["kind"] == "SNAPSHOT") + 1
        rows = rows[first:last + 1]
        self.event = rows[0]["event"]
        region = suite.json("map", "--at", "event:%d" % (self.event - 1), trace)["regions"][0]
        self.base, self.shift, self.pointer = int(region["base"], 16), region["granule_bytes"], pointer
        text = region["map"]
        self.heads = [i for i, c in enumerate(text) if c == "h"]
        self.length = {}
        for head in self.heads:
            end = head + 1
            while end < len(text) and text[end] == "=":
                end += 1
            self.length[head] = end - head
        self.edges = {head: [] for head in self.heads}
        self.roots, self.names = [], {}
        for row in rows:
            data = bytes.fromhex(row.get("refs", ""))
            if row["kind"] == "ROOT":
                pos, values = 0, list(numbers(data))
                for delta in values[1::2]:
                    pos += unzigzag(delta)
                    self.roots.append((row["origin"], pos))
            elif row["kind"] == "GLOBAL" and row["what"] & 3 == 1:
                self.names[row["name"]] = row["pos"]
            elif row["kind"] == "REFS":
                self.decode(row["pos"], row["word"], data)

    def decode(self, pos, word, data):
        index = next(i for i, head in enumerate(self.heads) if head + self.length[head] > pos)
        first, inside, at = pos, False, 0

        def number():
            nonlocal at
            n = at
            while data[n] > 127:
                n += 1
            value = next(numbers(data[at:n + 1]))
            at = n + 1
            return unzigzag(value)

        while at < len(data):
            byte, head = data[at], self.heads[index]
            words = self.length[head] * self.shift // self.pointer
            at += 1
            if byte & 128:
                before = before if inside else head
                for i in [i for i in range(7) if byte >> i & 1]:
                    delta = number()
                    if word + i:
                        target = before = before + delta
                    else:
                        target = first = first + delta
                    assert target in self.edges and word + i < words
                    self.edges[head].append((word + i, target))
                inside, word = True, word + 7
            elif inside and byte:
                word += 7 * byte
            else:
                word, index, inside = words, index + (1 if inside else byte + 1) - 1, inside
            if word >= words:
                index, word, inside = index + 1, 0, False

    def reach(self, without=None):
        seen, stack = set(), [head for _, head in self.roots if head != without]
        while stack:
            head = stack.pop()
            if head not in seen:
                seen.add(head)
                stack += [to for _, to in self.edges[head] if to != without]
        return seen

    def bytes(self, heads):
        return sum(self.length[head] for head in heads) * self.shift

    def address(self, head):
        return "0x%x" % (self.base + head * self.shift)


MOST = 60  # blocks of a graph; `make soak` takes all


def compare_all(suite, name, trace, pointer, sample=None):
    """Each block's retained size, reachability, dominator and references by brute force."""
    sample = sample if sample or os.environ.get("HS_SOAK") else MOST
    g = Graph(suite, trace, pointer)
    all_reached = g.reach()
    bad, heads = [], g.heads
    if sample and len(heads) > sample:
        heads = random.Random(1).sample(heads, sample)
    incoming = {head: 0 for head in g.heads}
    for head in g.heads:
        for _, to in g.edges[head]:
            incoming[to] += 1
    for _, head in g.roots:
        incoming[head] += 1
    for head in heads:
        found = suite.json("why", trace, g.address(head))["found"][0]
        gone = all_reached - g.reach(without=head) if head in all_reached else {head}
        if (found["retained_bytes"] != g.bytes(gone) or found["retained_blocks"] != len(gone)
                or found["reached"] != (head in all_reached) or found["n_references"] != incoming[head]
                or found["bytes"] != g.bytes([head])):
            bad.append((head, found["retained_bytes"], g.bytes(gone)))
        dominator = found["dominator"]
        if dominator:
            above = (int(dominator["address"], 16) - g.base) // g.shift
            if head in g.reach(without=above) or above == head:
                bad.append((head, "dominator", above))
    suite.check("%s: %d blocks, brute force agrees" % (name, len(heads)), heads and not bad, bad[:5])
    report = suite.json("retained", trace)
    suite.check("... and on what is garbage", report["reached_bytes"] == g.bytes(all_reached)
                and report["unreached_bytes"] == g.bytes(set(g.heads) - all_reached), report["reached_bytes"])
    return g


def case_const(suite):
    """The question that started it: what keeps the list after `del`."""
    trace, said = suite.example("const", HEAPSTRATA_REFS="mark")
    suite.check("recording references changes nothing", said == suite.example("const")[1], said)
    found = suite.json("why", "--at", "mark:after del", trace, "const.py:7")["found"]
    steps = found[0]["path"]
    suite.check("the list is held by the module's call frame on the heap, by slot 2 of its stack, and by nothing else",
                found[0]["kind"] == "list" and found[0]["n_references"] == 1 and len(steps) == 2
                and steps[0].get("root") == "stack" and steps[1]["kind"] == "call frame"
                and steps[1]["what"] == "slot 2 of the stack of <module> (const.py:28), left over: above what is in use", found)
    suite.check("... 64 bytes, which go with the frame", found[0]["retained_bytes"] == 64
                and found[0]["dominator"]["kind"] == "call frame", found[0])
    found = suite.json("why", "--at", "mark:before", trace, "levels")["found"]
    suite.check("before, the name holds it too", {r["what"].split(",")[0] for r in found[0]["references"]}
                == {"name 'levels' of __main__", "slot 2 of the stack of <module> (const.py:28)"} and found[0]["dominator"] is None, found)
    plain, said = suite.example("plain", HEAPSTRATA_REFS="mark")
    suite.check("recording references changes nothing in plain.py", said == suite.example("plain")[1], said)
    found = suite.json("why", "--at", "mark:before", plain, "__main__.levels")["found"]
    suite.check("plain: only the name does", found[0]["n_references"] == 1
                and found[0]["references"][0]["what"] == "name 'levels' of __main__", found)
    if suite.tap.needs("... below a root with its member's name", "ELFUTILS"):
        suite.check("... below a root with its member's name",
                    found[0]["path"][0]["what"] == "root pointer mp_state_ctx.vm.dict_main.map.table", found)
    status, _, err = suite.out("why", "--at", "mark:after del", plain, "plain.py:7")
    suite.check("... and after del it is gone", status == 2 and "no live block matches 'plain.py:7'" in err, err)


def case_brute_force(suite):
    script = suite.write("program.py", PROGRAM)
    for firmware, pointer in (("unix32", 4), ("unix64", 8)):
        trace = suite.run(script, firmware=firmware)[0]
        g = compare_all(suite, firmware, trace, pointer)
        end = suite.json("map", "--at", "mark:end", trace)["regions"][0]["map"]
        freed = {head for head in g.heads if end[head] == "."}
        reached = g.reach()
        weak = {head for kind, head in g.roots if kind in (2, 3)}
        held = set(g.heads) - freed
        suite.check("%s: what the graph does not reach is what the next collection frees" % firmware,
                    len(freed) > 60 and len(freed ^ (set(g.heads) - reached)) <= 4, freed ^ (set(g.heads) - reached))
        suite.check("... and what it frees of the rest hung on the stack alone", all(
            head in weak or any(head in [t for _, t in g.edges[w]] for w in weak) for head in freed & reached), freed & reached)
        for name, kind in (("table", "list"), ("shared", "dict"), ("ring", "list")):
            found = suite.json("why", trace, name)["found"]
            suite.check("... and %s is found by its name" % name, found and found[0]["kind"] == kind
                        and found[0]["address"] == g.address(g.names[name]) and g.names[name] in held, found)
        immediate = suite.json("why", trace, "number")
        suite.check("... and an integer has no block", immediate["without_block"] == ["number"] and not immediate["found"])


def case_heap_untouched(suite):
    script = suite.write("untouched.py", "import heapstrata, gc\na = b = 0\nkept = [[i] for i in range(300)]\n"
                         "x = [[i] for i in range(100)]\nx = None\nheapstrata.mark('a')\na = gc.mem_alloc()\nheapstrata.snapshot(refs=True)\nb = gc.mem_alloc()\n"
                         "heapstrata.mark('b')\nprint(a == b)\n")
    for firmware in hs_test.UNIX:
        trace, out = suite.run(script, firmware=firmware)
        a, b = (suite.json("map", "--at", "mark:" + m, trace)["regions"][0]["map"] for m in "ab")
        suite.check("%s: the heap is as it was, garbage included" % firmware, a == b and out.strip() == "True")
        status, out, err = suite.out("stat", trace)
        suite.check("... and the trace does not contradict itself", status == 0 and "warning" not in out, out[:400])


FULL = {
    "lists of numbers": "[i, i + 1, i + 2]",
    "tuples in lists": "[(i, k), (i, i)]",
    "instances": "Point(i, [i])",
    "dicts": "{i: [i], 'b': (i,)}",
    "text": "str(i) * 3",
    "buffers": "bytearray(90)",
    "closures": "(lambda n: lambda: n)([i])",
    "random references": "[kept[(i * 7919) % len(kept)], kept[(i * 104729) % len(kept)]]",
}


def case_size(suite):
    """A full heap of 128 KB: what a snapshot with references adds to the trace."""
    for name, expression in FULL.items():
        script = suite.write("full.py", "import heapstrata, gc, sys\nclass Point:\n    def __init__(self, x, y):\n        self.x = x\n"
                             "        self.y = y\nkept = [None]\nk = 3\ntry:\n    i = 0\n    while True:\n        kept.append(%s)\n"
                             "        i += 1\nexcept MemoryError:\n    pass\nkept[-1] = None\ngc.collect()\n"
                             "if len(sys.argv) > 1:\n    heapstrata.snapshot(refs=True)\nprint(gc.mem_alloc(), gc.mem_free())\n" % expression)
        for firmware in hs_test.UNIX:
            without, _ = suite.run(script, firmware=firmware, heap="128k", n=name)
            trace, out = suite.run(script, firmware=firmware, heap="128k", args=("refs",), n=name)
            used, free = (int(n) for n in out.split())
            more = suite.json("stat", trace)["bytes"] - suite.json("stat", without)["bytes"]
            share = more / (used + free)
            suite.check("%s, %s: %.1f%% of a heap %d%% full" % (firmware, name, 100 * share, 100 * used / (used + free)),
                        0 < share <= 0.25 and used / (used + free) > 0.5, (more, used, free))
            if firmware == "unix32" and name in ("dicts", "random references", "closures"):
                compare_all(suite, "full of " + name, trace, 4, sample=40)


def case_failure(suite):
    script = suite.write("fails.py", "import heapstrata\nkept = [[i] for i in range(1000)]\ntry:\n    x = bytearray(10000000)\n"
                         "except MemoryError:\n    pass\n")
    trace = suite.run(script, HEAPSTRATA_REFS="fail")[0]
    found = suite.json("why", trace, "kept")["found"]
    suite.check("references on a failed allocation", found and found[0]["retained_bytes"] > 16000, found)
    script = suite.write("fails2.py", "import heapstrata\nheapstrata.refs('fail')\nkept = [[i] for i in range(1000)]\n"
                         "for i in range(30):\n    try:\n        x = bytearray(10000000)\n    except MemoryError:\n        pass\n")
    trace = suite.run(script)[0]
    graphs = suite.out("dump", "-k", "refs", trace)[1].count("part=2")
    suite.check("... at most 8 of them", graphs == 8, graphs)
    script = suite.write("words.py", "import heapstrata\nfor words in ('', 'mark', 'mark,fail', 'fail mark', 'failure', 'never'):\n    try:\n"
                         "        heapstrata.refs(words)\n    except ValueError:\n        print(words)\n")
    suite.check("refs: a word that it does not know is refused", suite.run(script)[1].split() == ["failure", "never"])


def case_threads(suite):
    script = suite.write("threads.py", "import _thread, time, heapstrata\nstop = False\ndone = 0\ndef work():\n    global done\n"
                         "    mine = [[1] * 50]\n    while not stop:\n        mine[0] = [mine[0][0]] * 50\n    done += 1\n"
                         "for i in range(3):\n    _thread.start_new_thread(work, ())\ntime.sleep_ms(20)\n"
                         "for i in range(20):\n    heapstrata.snapshot(refs=True)\n    heapstrata.mark('m')\nstop = True\n"
                         "while done < 3:\n    time.sleep_ms(1)\nprint('ok')\n")
    for firmware in filter(hs_test.runs_threads, hs_test.UNIX):
        trace, out = suite.run(script, firmware=firmware)
        roots = suite.out("dump", "-k", "root", trace)[1]
        suite.check("%s: stacks of other threads are roots" % firmware, out == "ok\n"
                    and all("thread=%d " % n in roots for n in (1, 2, 3)), (out, roots[-400:]))
        status, text, err = suite.out("why", trace, "function")
        suite.check("... and the graph is whole", status == 0, err)


def case_ring(suite):
    script = suite.write("ring.py", "import heapstrata, gc\nkept = [[i] for i in range(1500)]\ntry:\n    heapstrata.snapshot(refs=True)\n"
                         "    print('taken')\nexcept ValueError as e:\n    print(e)\n")
    path = os.path.join(hs_test.scratch(), "ring")
    for size, expected in (("8k", "more than half of the ring"), ("64k", "taken")):
        if os.path.exists(path):
            os.remove(path)
        done = hs_test.run_firmware("unix32", ["-X", "heapsize=120k", script], ring=path + ":" + size)
        suite.check("a ring of %s: %s" % (size, expected), expected in done.out.decode(), done.out)
    suite.check("... and is read from the ring", suite.json("why", path, "kept")["found"][0]["kind"] == "list")


def case_bad(suite):
    plain = suite.example("plain")[0]
    with_refs = suite.example("const", HEAPSTRATA_REFS="mark")[0]
    for name, args, word in (
            ("a trace without references", [plain, "levels"], "heapstrata.snapshot(refs=True)"),
            ("an unknown name", [with_refs, "nobody"], "no live block matches 'nobody'"),
            ("an address outside", [with_refs, "0x10"], "no live block matches '0x10'"),
            ("no name", [with_refs], "takes a trace and what to look for"),
            ("an unknown mark", ["--at", "mark:x", with_refs, "levels"], "no mark 'x'"),
            ("a moment behind all snapshots", ["--at", "1000s", with_refs, "levels"], "no snapshot of references")):
        status, out, err = suite.out("why", *args)
        suite.check("%s: status 2 and why" % name, status == 2 and word in err, (status, err))
    status, _, err = suite.out("retained", plain)
    suite.check("retained without references: status 2 and why", status == 2 and "refs=True" in err, err)
    status, _, err = suite.out("retained", "--peak", with_refs)
    suite.check("retained --peak: status 2", status == 2 and "--peak" in err, err)
    with open(with_refs, "rb") as file:
        data = file.read()
    cut = os.path.join(hs_test.scratch(), "cut.hst")
    statuses = set()
    for length in range(len(data) // 2, len(data), 37):
        with open(cut, "wb") as file:
            file.write(data[:length])
        status, out, err = suite.out("why", cut, "levels")
        statuses.add(status)
        if status not in (0, 2) or (status == 2 and not err):
            suite.check("a trace cut at byte %d" % length, False, (status, out, err))
    suite.check("traces cut anywhere are read or refused", statuses <= {0, 2}, statuses)
