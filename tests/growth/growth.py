# SPDX-License-Identifier: MIT
"""Leaks that have not failed yet, and caches that saturate: a table of programs.

Each row is a body that runs once in each round, between the set-up and gc.collect(). The line to name is the one that ends with
#!; a row without one must not raise an alarm. After ten rounds the doctor names the line, and foretells how many more rounds the
heap lasts; the same program is then run to its end."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test  # noqa: E402

ROUNDS = 10
GARBAGE = "[[n] * 8 for n in range(20)]"

LEAKS = {
    "list": ("log = []", "for i in range(6):\n    log.append('event %d of the day' % (6 * c + i))  #!"),
    "dict": ("seen = {}", "for i in range(5):\n    seen[5 * c + i] = bytes(40)  #!"),
    "attribute": ("class Sensor:\n    def __init__(self):\n        self.old = []\n    def read(self, n):\n"
                  "        self.old.append((n, n * 0.5))  #!\ns = Sensor()", "for i in range(8):\n    s.read(i)"),
    "class": ("class Job:\n    all = []\n    def __init__(self):\n        self.data = bytearray(90)  #!\n        Job.all.append(self)",
              "Job()\nJob()"),
    "default": ("def note(v, past=[]):\n    past.append([v, v, v])  #!", "for i in range(4):\n    note(i)"),
    "closure": ("handlers = []\ndef add(n):\n    data = bytearray(120)  #!\n    handlers.append(lambda: data[n])", "add(c)\nadd(c)"),
    "methods": ("class Timer:\n    def __init__(self):\n        self.data = bytes(100)  #!\n    def fire(self):\n        pass\ntimers = []",
                "for i in range(2):\n    timers.append(Timer().fire)"),
    "exceptions": ("errors = []\ndef work(n):\n    try:\n        raise ValueError('bad value %d' % n)\n    except ValueError as e:\n"
                   "        errors.append((e, bytes(60)))  #!", "for i in range(4):\n    work(i)"),
    "chain": ("class Node:\n    def __init__(self, before):\n        self.before = before\n        self.text = bytes(70)  #!\nlast = None",
              "last = Node(last)\nlast = Node(last)"),
    "set": ("known = set()", "for i in range(6):\n    known.add('device-%04d-of-the-network' % (6 * c + i))  #!"),
    "text": ("lines = []", "for i in range(4):\n    lines.append('%04d' % c * 8 + ' degrees')  #!"),
    "nested": ("store = {'in': [], 'out': []}", "for i in range(4):\n    store['in'].append([c, i, i])  #!"),
    "generators": ("def task(n):\n    data = bytearray(60)\n    yield n\ntasks = []",
                   "t = task(c)\nnext(t)\ntasks.append(t)  #!\nt = None"),
    "tuples": ("points = []", "for i in range(7):\n    points.append((c, i, c * i))  #!"),
    "buffers": ("frames = []", "frames.append(bytearray(200))  #!"),
    "undo": ("text = bytearray(150)\nundo = []", "undo.append(bytes(text))  #!"),
    "memo": ("memo = {}\ndef area(a, b):\n    if (a, b) not in memo:\n        memo[a, b] = bytes(50)  #!\n    return memo[a, b]",
             "for i in range(4):\n    area(c, i)"),
    "lambdas": ("queue = []", "for i in range(5):\n    queue.append(lambda a=c, b=bytes(60): a)  #!"),
    "beside garbage": ("kept = []", "for i in range(40):\n    x = [i] * 10\n    if i % 8 == 0:\n        kept.append(bytes(48))  #!"),
    "slow": ("kept = []", "for i in range(100):\n    s = 'value %d' % i\nkept.append(bytearray(140))  #!"),
}

STEADY = {
    "bounded": ("cache = {}", "for i in range(10):\n    cache[(10 * c + i) % 32] = bytes(40)"),
    "window": ("last = []", "last.append(bytearray(50))\nif len(last) > 5:\n    last.pop(0)"),
    "filled": ("cache = {}", "k = c * 7 % 12\nif k not in cache:\n    cache[k] = bytes(30)"),
    "setup": ("table = [str(i) * 3 for i in range(100)]", "x = [j for j in range(100)]"),
    "ring": ("ring = [None] * 8", "for i in range(3):\n    ring[(3 * c + i) % 8] = bytes(60)"),
    "fills quickly": ("cache = {}", "for i in range(12):\n    if len(cache) < 30:\n        cache[12 * c + i] = bytes(60)"),
    "half full": ("cache = {}", "if len(cache) < 9:\n    cache[c] = bytes(100)"),
    "cleared": ("log = []", "for i in range(5):\n    log.append('event %d' % i)\nif len(log) > 15:\n    log.clear()"),
    "replaced": ("state = {}", "state['now'] = bytes(200 + c % 3)"),
    "toggle": ("a = None", "a = bytearray(300) if c % 2 else None"),
    "queue": ("queue = []", "for i in range(4):\n    queue.append(bytes(50))\nwhile queue:\n    queue.pop()"),
    "objects": ("class N:\n    def __init__(self):\n        self.d = bytes(40)", "ns = [N() for i in range(10)]"),
    "strings": ("out = ''", "out = ''\nfor i in range(20):\n    out += 'x' * 5"),
    "lru": ("lru = []", "k = c % 7\nif k in lru:\n    lru.remove(k)\nlru.append(k)\nx = bytes(100)"),
    "memo of few": ("memo = {}", "for i in range(6):\n    if i not in memo:\n        memo[i] = bytes(70)"),
    "closures": ("h = [None] * 4", "h[c % 4] = lambda d=bytes(80): d"),
    "generator": ("", "g = (bytes(20) for i in range(10))\nfor x in g:\n    pass"),
    "exceptions": ("e = None", "try:\n    raise ValueError('bad %d' % c)\nexcept ValueError as x:\n    e = x"),
    "sorted": ("v = [i * 7 % 50 for i in range(50)]", "w = sorted(v)"),
    "saturates": ("cache = {}", "for i in range(8):\n    cache[(c * 8 + i) * 5 % 40] = bytes(50)"),
}

# Leaks that fail although much is free: what is requested again and again finds no run, a table needs its next size, a text its old and
# new value.
PIECES = {
    "message": ("log = []", "log.append('event %d of the day' % c)\nb = bytearray(2000)\nb = None"),
    "frames": ("kept = []", "kept.append(bytes(80 + c * 97 % 200))\nb = bytearray(3000)\nb = None"),
    "slots": ("kept = []\nslot = [None] * 20", "slot[c % 20] = bytearray(100 + c * 53 % 200)\nif c % 2 == 0:\n    kept.append(bytes(90))\n"
              "b = bytearray(2500)\nb = None"),
    "sensor": ("rows = []", "for i in range(2):\n    rows.append((c * 0.5, i * 0.25))"),
    "sessions": ("table = {}", "table[c] = bytes(20 + c * 37 % 90)\nb = bytearray(1500)\nb = None"),
    "large": ("kept = []", "kept.append(bytearray(250))\nb = bytearray(2500)\nb = None"),
    "text": ("text = ''", "text += 'the line %d of a log of lines\\n' % c"),
    "bytes": ("data = b''", "data += bytes(40)"),
    "lists": ("data = []", "data = data + [c, c + 1, c + 2]"),
    "in place": ("data = bytearray()", "data.extend(bytes(60))\nt = 'round %d' % c"),
    "moved": ("data = bytearray()\nkept = []", "data.extend(bytes(60))\nif c % 10 == 0:\n    kept.append('round %d' % c)"),
}

# All that is free is one run.
ONE_RUN = ("kept = [None] * 200", "kept[c] = bytearray(400)\nb = bytearray(8000)\nb = None")

tap = hs_test.Tap()


def program(name, row, collects=True):
    """A file with the row's program. Returns its path and the number of the line to name, or None."""
    setup, body = row
    head = "import gc\nimport sys\n%s\nc = 0\nwhile c < int(sys.argv[1]):\n    print(c)\n" % setup
    text = head + "\n".join("    " + line for line in body.splitlines()) + "\n    %s\n    c += 1\n" % ("gc.collect()" if collects else GARBAGE)
    lines = [n for n, line in enumerate(text.splitlines(), 1) if line.endswith("#!")]
    path = os.path.join(hs_test.scratch(), "leak-%s.py" % name.replace(" ", "-"))
    with open(path, "w") as f:
        f.write(text)
    return path, lines[0] if lines else None


def run(firmware, path, rounds, level=None):
    """Runs so many rounds. Returns the trace and the rounds that it ran."""
    trace = os.path.join(hs_test.scratch(), "leak.hst")
    done = hs_test.run_firmware(firmware, ["-X", "heapsize=40k", os.path.basename(path), str(rounds)], cwd=os.path.dirname(path),
                                trace=trace, env={"HEAPSTRATA_LEVEL": level} if level else None)
    return trace, len(done.out.splitlines())


def after_two_collections(path):
    """A trace of a program that collects only when the heap is full, once it has done so twice; or None: it fails before."""
    rounds, collections = 8, 0
    while collections < 2:
        rounds += rounds // 4
        trace, ran = run("unix64", path, rounds)
        if ran < rounds:
            return None
        collections = hs_test.cli_json("stat", trace)[1]["collections"]
    return trace


def first(trace):
    _, value, _ = hs_test.cli_json("doctor", trace)
    return ((value or {}).get("findings") or [None])[0]


def growing(trace):
    return [x for x in hs_test.cli_json("doctor", trace)[1]["findings"] if x["code"] == "HS-HEAP-GROWING"]


def lasts(path, firmware, rounds):
    """Rounds that memory is said to last after so many, by the seconds that a round took; None: nothing is said."""
    trace, _ = run(firmware, path, rounds)
    finding = first(trace)
    words = re.search(r"memory lasts for ([\d.]+) (ms|s)\b", finding["verdict"]) if finding else None
    seconds = hs_test.cli_json("stat", trace)[1]["seconds"]
    return words and float(words[1]) * {"ms": 1e-3, "s": 1}[words[2]] / (seconds / rounds)


def paced(name, row):
    """As program(): each round takes 2 ms at least, and the firmware collects in every fourth one."""
    path, _ = program(name, row)
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace("    gc.collect()\n", "    if c % 4 == 0:\n        gc.collect()\n    time.sleep_ms(2)\n").replace("import gc", "import gc, time"))
    return path


def in_pieces():
    """How long memory lasts, said at 40 % or 65 % of the way, against the same program that is not stopped."""
    results = []
    for firmware in hs_test.UNIX:
        for i, (name, row) in enumerate(hs_test.share(list(PIECES.items()), firmware)):
            path = paced(name, row)
            end = run(firmware, path, 1000000)[1]
            rounds = int(end * (0.4, 0.65)[(i + (firmware == "unix64")) % 2])
            results.append((name, firmware, lasts(path, firmware, rounds), end - rounds))
    good = [r for r in results if r[2] is not None and abs(r[2] - r[3]) <= 0.2 * r[3]]
    tap.check("leaks, in pieces: how long memory lasts within 20 %%: %d of %d" % (len(good), len(results)), len(good) >= 0.7 * len(results),
              [r for r in results if r not in good])


def in_one_run():
    """A request that is usual finds room as long as the one run is long enough: memory lasts until then."""
    wrong = []
    for firmware in hs_test.UNIX:
        path = program("one run", ONE_RUN)[0]
        end = run(firmware, path, 1000000)[1]
        for rounds in (int(end * share) for share in (0.3, 0.6, 0.8, 0.9, 0.96)):
            finding = first(run(firmware, path, rounds)[0]) or {"verdict": "", "evidence": []}
            more = re.search(r"full after (\d+) more collections", " ".join(finding["evidence"]))
            lasts_on = re.search(r"memory lasts for (?!0 )", finding["verdict"])
            if not more or not lasts_on or abs(int(more[1]) - (end - rounds)) > 0.1 * end:
                wrong.append((firmware, rounds, more and more[1], finding["verdict"], end - rounds))
    tap.check("leaks, in one run: how long memory lasts within a tenth of the whole time, and never 0", not wrong, wrong)


def elsewhere():
    """Other commands show the finding too, also where it names what is requested again and again."""
    trace = run("unix64", program("large", PIECES["large"])[0], 60)[0]
    tap.check("the finding names what is requested again and again", "again and again" in " ".join(first(trace)["evidence"]), first(trace))
    recorded = os.path.join(hs_test.scratch(), "every.hst")
    page = os.path.join(hs_test.scratch(), "page.html")
    for words in (["report", trace], ["blame", trace], ["html", trace, "-o", page],
                  ["record", "--collect-every", "8K", "-o", recorded, "--", hs_test.firmware("unix64"), "-X", "heapsize=40k", "leak-large.py", "60"]):
        done = hs_test.cli(*words, cwd=hs_test.scratch())
        shown = os.path.exists(page) if words[0] == "html" else b"HS-HEAP-GROWING" in done.out + done.err
        tap.check("%s shows it" % words[0], done.status in (0, 1) and shown, (done.status, done.err[-300:]))


named, told, wrong = [], [], []
for firmware in hs_test.UNIX:
    for name, row in hs_test.share(list(LEAKS.items()), firmware):
        path, line = program(name, row)
        finding = first(run(firmware, path, ROUNDS)[0])
        words = " ".join([finding["verdict"]] + finding["evidence"]) if finding else ""
        good = finding and finding["code"] == "HS-HEAP-GROWING" and re.search(r"\.py:%d\b" % line, words)
        named.append(bool(good))
        if not good:
            wrong.append((name, firmware, line, finding and finding["verdict"]))
            continue
        more = [int(n) for n in re.findall(r"full after (\d+) more collections", words)]
        real = run(firmware, path, 1000000)[1] - ROUNDS
        told.append(bool(more) and abs(more[0] - real) <= 0.2 * real)
        if not told[-1]:
            wrong.append((name, firmware, more, real))
steady = [(name, row, firmware) for firmware in hs_test.UNIX for name, row in hs_test.share(list(STEADY.items()), firmware)]
alarms = [(name, firmware) for name, row, firmware in steady if first(run(firmware, program(name, row)[0], 20)[0])]
tap.note(wrong)
tap.check("leaks, the line named after %d rounds: %d of %d" % (ROUNDS, sum(named), len(named)), sum(named) >= 0.95 * len(named), wrong)
tap.check("leaks, rounds until the heap is full within 20 %%: %d of %d" % (sum(told), len(told)), sum(told) >= 0.9 * len(told), wrong)
tap.check("caches that saturate: %d alarms in %d" % (len(alarms), len(steady)), len(alarms) <= 1, alarms)
found, alarms = [], []
for name, row in LEAKS.items():
    path, line = program(name, row)
    finding = first(run("unix64", path, 2 * ROUNDS, "sampled:64")[0])
    found.append(bool(finding and finding["code"] == "HS-HEAP-GROWING" and (".py:%d " % line) in finding["verdict"]))
for name, row in STEADY.items():
    finding = first(run("unix64", program(name, row)[0], 2 * ROUNDS, "sampled:64")[0])
    alarms += [(name, finding)] if finding else []
tap.check("leaks at level sampled, the line named: %d of %d" % (sum(found), len(found)), sum(found) >= 0.75 * len(found), found)
tap.check("caches at level sampled: %d alarms in %d" % (len(alarms), len(STEADY)), len(alarms) <= 1, alarms)
found, alarms = [], []
for name, row in LEAKS.items():
    path, line = program(name, row, collects=False)
    trace = after_two_collections(path)
    if trace:
        found.append((name, any(".py:%d " % line in finding["verdict"] for finding in growing(trace)), growing(trace)))
for name, row in STEADY.items():
    trace = after_two_collections(program(name, row, collects=False)[0])
    alarms += [(name, growing(trace))] if trace and growing(trace) else []
tap.check("leaks after two collections, the line named: %d of %d" % (sum(x[1] for x in found), len(found)),
          len(found) >= 10 and sum(x[1] for x in found) >= 0.85 * len(found), [x for x in found if not x[1]])
tap.check("caches after as many: %d alarms" % len(alarms), not alarms, alarms)
in_pieces()
in_one_run()
elsewhere()
tap.finish()
