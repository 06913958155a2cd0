#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The documents against the program.

A block that begins with ```sh is run, line by line, in a folder with the files that the documents speak of, one for each page. `make` in it is a
dry run: the target has to exist. A line that ends with status 0 or 1 (a finding) passes. Two words behind sh change that:
    ```sh not-run: WHY      the options of its commands are looked up, and nothing is run
    ```sh needs: FILE       likewise when there is no such file here
All blocks: each `heapstrata COMMAND --option` must be one that the command's --help lists.
```c blocks that begin with the SPDX line are whole files, and have to compile without a warning.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools"))
import hs_test

HERE = os.path.dirname(os.path.abspath(__file__))
FENCE = re.compile(r"^( *)```(.*)$")
# Pages of ports, whose blocks are run by the suites of these ports.
PORTS = ("boards.md", "pico.md", "esp-idf.md", "circuitpython.md")
COMMAND = re.compile(r"^\s*(\$ )?(heapstrata [a-z]+ (?! )|(make|babeltrace2|lttng|git|scripts/\S+|build/\S+) )")
README_LINES = 150
DEMO = ("build", "demo", "demo.hst")  # what `make demo` records


def path(*parts):
    return os.path.join(hs_test.scratch(), *parts)


def pages():
    names = ["README.md", "CONTRIBUTING.md", "STYLE.md", "DESIGN.md", "FORMAT.md", "CHANGELOG.md", "firmware-hooks/README.md"]
    found = [n for n in names if os.path.exists(os.path.join(hs_test.ROOT, n))]
    return found + sorted(os.path.relpath(p, hs_test.ROOT) for p in glob.glob(os.path.join(hs_test.ROOT, "docs", "*.md")))


def text_of(page):
    with open(os.path.join(hs_test.ROOT, page), encoding="utf-8") as f:
        return f.read()


def blocks(page):
    """(first line's number, info string, lines) of each fenced block."""
    found, info, lines, indent = [], None, [], 0
    for number, line in enumerate(text_of(page).splitlines(), 1):
        fence = FENCE.match(line)
        if fence and info is None:
            info, lines, begin, indent = fence.group(2).strip(), [], number + 1, len(fence.group(1))
        elif fence and not fence.group(2).strip():
            found.append((begin, info, lines))
            info = None
        elif info is not None:
            lines.append(line[indent:] if line[:indent].isspace() else line)
    assert info is None, "%s: a block is not closed" % page
    return found


# ---- links and form ----

def anchors(page):
    heads = re.findall(r"^#+ (.*)$", text_of(page), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in heads}


def case_links(tap):
    for page in pages():
        bad = []
        outside = re.sub(r"```.*?```", "", text_of(page), flags=re.S)
        targets = re.findall(r"\]\(([^)\s]+)\)", outside) + re.findall(r'(?:src|srcset)="([^"]+)"', outside)
        for target in targets:
            if re.match(r"[a-z]+:", target):
                continue
            name, _, anchor = target.partition("#")
            file = os.path.normpath(os.path.join(os.path.dirname(page), name)) if name else page
            if not os.path.exists(os.path.join(hs_test.ROOT, file)):
                bad.append("no such file: " + target)
            elif anchor and file.endswith(".md") and anchor not in anchors(file):
                bad.append("no such heading: " + target)
        tap.check("%s: %d links lead somewhere" % (page, len(targets)), not bad, bad)


def case_reached(tap):
    """Each page of docs/ is linked from another one that README leads to."""
    seen, todo = set(), ["README.md"]
    while todo:
        page = todo.pop()
        if page in seen:
            continue
        seen.add(page)
        for target in re.findall(r"\]\(([^)#\s]+\.md)", text_of(page)):
            file = os.path.normpath(os.path.join(os.path.dirname(page), target))
            if os.path.exists(os.path.join(hs_test.ROOT, file)):
                todo.append(file)
    lost = [p for p in pages() if p not in seen]
    tap.check("README leads to every page", not lost, lost)


# ---- commands ----

def known_options():
    found = {}
    for command in re.findall(r"^  ([a-z]+)  ", hs_test.cli("help").out.decode(), re.M):
        text = hs_test.cli("help", command).out.decode()
        lines = [line[:29] for line in text.splitlines() if re.match(r"  (-.,|   ) ", line)]
        found[command] = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*)", "\n".join(lines))) | \
            set(re.findall(r"^  (-.),", "\n".join(lines), re.M)) | {"--help"}
    return found


def logical_lines(lines):
    joined = []
    for line in lines:
        if joined and joined[-1].endswith("\\"):
            joined[-1] = joined[-1][:-1] + line
        else:
            joined.append(line)
    return [line for line in joined if line.strip() and not line.strip().startswith("#")]


def unknown_words(line, known):
    """Commands and options of heapstrata in a line that the program does not have."""
    bad = []
    for part in re.split(r"&&|;|\||\$\(", line):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue
        words = words[1:] if words[:1] == ["$"] else words
        if len(words) < 2 or words[0] != "heapstrata" or words[1] in ("help", "COMMAND") or words[1].startswith("-"):
            continue
        if words[1] not in known:
            bad.append("no command " + words[1])
            continue
        for word in words[2:]:
            if word == "--":
                break
            option = word.split("=")[0]
            if re.match(r"--?[a-z]", option) and option not in known[words[1]]:
                bad.append("heapstrata %s has no option %s" % (words[1], option))
    return bad


def run_block(page, begin, lines):
    """Why the first line that fails did, or None."""
    program = ["make() { if [ $# = 0 ]; then command make -n -C \"$HS_ROOT_DIR\"; else command make -n -C \"$HS_ROOT_DIR\" \"$@\"; fi >/dev/null; }"]
    for line in logical_lines(lines):
        program.append("%s\nhs_status=$?; [ $hs_status -le 1 ] || { echo %s; exit 99; }" % (line, shlex.quote("status of: " + line)))
    work = path("pages", os.path.basename(page))
    if not os.path.exists(work):
        shutil.copytree(path("work"), work, symlinks=True)
    env = dict(os.environ, PATH=os.path.join(work, "build") + ":" + os.environ["PATH"], NO_COLOR="1", TERM="dumb",
               PKG_CONFIG_PATH=path("stage", "opt", "lib", "pkgconfig"), LD_LIBRARY_PATH=path("stage", "opt", "lib"), HS_ROOT_DIR=hs_test.ROOT)
    env.pop("MAKEFLAGS", None)
    done = subprocess.run(["bash", "-c", "\n".join(program)], cwd=work, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    return None if done.returncode in (0, 1) else done.stdout.decode(errors="replace")[-1500:]


def case_blocks(tap):
    known = known_options()
    for page in pages():
        for begin, info, lines in blocks(page):
            kind, _, how = info.partition(" ")
            name = "%s:%d" % (page, begin)
            bad = [b for line in logical_lines(lines) for b in unknown_words(line, known)]
            if bad:
                tap.check(name + ": commands and options that exist", False, bad)
            needs = re.match(r"needs: (\S+)", how)
            if kind == "sh" and not how.startswith("not-run:") and not (needs and not os.path.exists(path("work", needs.group(1)))):
                why = run_block(page, begin, lines)
                tap.check(name + ": its commands run", why is None, why)
            elif kind == "" and os.path.basename(page) not in PORTS:
                loose = [line for line in lines if COMMAND.match(line)]
                tap.check(name + ": no commands that are not run", not loose, loose)


def case_demo(tap):
    """README's diagnosis of the demo is what the program prints, lines broken elsewhere."""
    done = hs_test.cli("doctor", path("work", *DEMO)).out.decode()
    printed = " ".join(" ".join(line for line in done.splitlines() if not line.startswith("#")).split())
    shown = [" ".join(" ".join(lines).split()) for _, _, lines in blocks("README.md") if lines and "HS-FRAG-FAILED" in lines[0]]
    tap.check("README.md: the demo's diagnosis is the program's", shown == [printed], "README: %s\nprinted: %s" % (shown, printed))


def case_sorts(tap):
    """Each `heapstrata report --sort KEYS`, also on pages whose blocks are not run and within sentences, has keys that exist."""
    said = " ".join(hs_test.cli("help", "report").out.decode().split())
    known = set(re.findall(r"[a-z]+", re.search(r"make a row of each (.*?), or of several", said).group(1))) - {"or"}
    hooks = glob.glob(os.path.join(hs_test.ROOT, "firmware-hooks", "*", "**", "*.md"), recursive=True)
    for page in pages() + sorted(os.path.relpath(p, hs_test.ROOT) for p in hooks):
        keys = re.findall(r"heapstrata report [^\n`|]*?(?:--sort[ =]|-s )([a-z,]+)", text_of(page))
        bad = [k for k in ",".join(keys).split(",") if k and k not in known]
        if keys:
            tap.check("%s: keys of heapstrata report --sort that exist" % page, not bad, bad)


def case_examples(tap):
    for page in pages():
        for begin, info, lines in blocks(page):
            text = "\n".join(lines) + "\n"
            if info != "c" or "SPDX" not in text.split("\n")[0]:
                continue
            where = ["-I" + path("stage", "opt", "include")] if "<heapstrata/" in text else ["-I.", "-D_GNU_SOURCE=", '-DHS_VERSION="0"']
            done = subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", *where, "-fsyntax-only", "-xc", "-"],
                                  input=text, text=True, capture_output=True, cwd=hs_test.ROOT)
            tap.check("%s:%d: the example compiles" % (page, begin), done.returncode == 0, done.stderr[-1500:])


def case_lists(tap):
    """What is listed by hand: exporters and commands."""
    formats = [line.split()[0] for line in hs_test.cli("export", "--list").out.decode().splitlines() if line.strip()]
    for page in ("docs/export.md", "analysis/man/heapstrata-export.1"):
        text = text_of(page).replace("\\-", "-")
        missing = [f for f in formats if not re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(f), text)]
        tap.check("%s: each of %d formats" % (page, len(formats)), formats and not missing, missing)
    text = text_of("docs/commands.md") + text_of("docs/live.md") + text_of("docs/building.md")
    missing = [c for c in known_options() if "heapstrata " + c not in text]
    tap.check("docs/commands.md, live.md and building.md: each command", not missing, missing)
    sources = "".join(open(f, encoding="utf-8").read() for f in glob.glob(os.path.join(hs_test.ROOT, "analysis", "doctor", "*.c")))
    codes = set(re.findall(r'"(HS-[A-Z0-9]+-[A-Z]+(?:-[A-Z]+)*)"', sources))
    table = text_of("docs/diagnosis.md").split("## The codes")[1].split("\n## ")[0]
    for page, text in (("docs/diagnosis.md", table), ("analysis/man/heapstrata-doctor.1", text_of("analysis/man/heapstrata-doctor.1"))):
        missing = [c for c in sorted(codes) if c not in re.findall(r"HS-[A-Z0-9-]+", text)]
        tap.check("%s: each of %d codes of the doctor" % (page, len(codes)), len(codes) > 40 and not missing, missing)
    lines = text_of("README.md").count("\n")
    tap.check("README.md has at most %d lines" % README_LINES, lines <= README_LINES, lines)


# ---- words ----

# Words that readers stumbled over, as patterns, and what stands there now.
PHRASES = {
    r"\bin midst of\b": "in the middle of", r"\bnobody\b": "unknown, or no one", r"stood? in the way": "blocked it",
    r"\bbehind (a|the|each|every|that|this) (collection|mark|moment|record|snapshot)": "after", r"\bso much has been\b": "that many bytes",
    r"asked for by": "requested by", r"\bwhat it is told\b|\bis told\b|\bare told\b": "recorded, shown, reported", r"\bby way of\b": "via",
    r"\btwo looks\b|\beach look\b": "refresh", r"\bwent after\b": "were freed after", r"\bpins the free\b": "fragments the free space",
    r"\blaid down\b": "evolves", r"\bwhat goes when\b": "freed if this is freed",
}


def spoken():
    """(where, text) of what users read: pages, manual pages, and what the program says of itself."""
    for page in pages():
        yield page, re.sub(r"```.*?```", "", text_of(page), flags=re.S)
    for page in sorted(glob.glob(os.path.join(hs_test.ROOT, "analysis", "man", "*.1"))):
        yield os.path.basename(page), text_of(page)
    for command in known_options():
        yield "heapstrata help " + command, hs_test.cli("help", command).out.decode()
        for trace in ("my.hst", "console.log"):
            done = subprocess.run([hs_test.CLI, command, path("work", trace)], capture_output=True, cwd=hs_test.scratch(), timeout=60,
                                  stdin=subprocess.DEVNULL) if command in ("blame", "doctor", "report", "stat", "timeline", "whatif", "marks", "phases", "retained",
                                                                             "globals", "regions", "resets", "map") else None
            if done:
                yield "heapstrata %s %s" % (command, trace), (done.stdout + done.stderr).decode(errors="replace")


def case_words(tap):
    bad = []
    for where, text in spoken():
        if where in ("STYLE.md", "docs/glossary.md", "FORMAT.md"):
            continue
        flat = re.sub(r"\s+", " ", text)
        bad += ["%s: '%s': better: %s" % (where, m.group(0), better) for word, better in PHRASES.items() for m in [re.search(word, flat)] if m]
    tap.check("no phrase that readers stumbled over", not bad, "\n".join(bad))


# ---- the files that the documents speak of ----

def write(name, text):
    with open(path("work", name), "w", encoding="utf-8") as f:
        f.write(text)


def prepare():
    work = path("work")
    os.makedirs(os.path.join(work, "build"))
    for name, target in (("heapstrata", hs_test.CLI), ("micropython", hs_test.MP), ("babeltrace2", os.path.join(hs_test.BUILD, "babeltrace2"))):
        os.symlink(target, os.path.join(work, "build", name))
    for name in ("docs", "scripts", "examples"):
        os.symlink(os.path.join(hs_test.ROOT, name), os.path.join(work, name))
    write("my.py", open(os.path.join(HERE, "my.py"), encoding="utf-8").read())
    for trace in ("my.hst", "before.hst", "after.hst", "board.hst"):
        hs_test.run_firmware("unix64", ["my.py"], trace=path("work", trace), cwd=work)
    os.makedirs(os.path.join(work, "build", "demo"))
    hs_test.run_firmware("unix64", ["-X", "heapsize=68k", "logger.py"], trace=path("work", *DEMO), cwd=os.path.join(work, "examples", "demo"))
    micropython = hs_test.firmware("unix64")
    subprocess.run([micropython, "my.py"], cwd=work, env=dict(os.environ, HEAPSTRATA_RING="ring.bin:65536"), stdout=subprocess.DEVNULL, check=True)
    dump = "import heapstrata\nheapstrata.start()\nx = [bytearray(50) for i in range(20)]\nheapstrata.stop()\nheapstrata.dump()\n"
    write("dump.txt", subprocess.run([micropython, "-c", dump], cwd=work, capture_output=True, text=True,
                                     env=dict(os.environ, HEAPSTRATA_RING="other.bin:65536")).stdout)
    console = "import micropython\nx = [bytearray(%d) for i in range(20)]\nmicropython.mem_info(1)\n"
    for log, size in (("console.log", 40), ("before.log", 40), ("after.log", 80)):
        write(log, subprocess.run([micropython, "-c", console % size], cwd=work, capture_output=True, text=True).stdout)
    if "san-" not in hs_test.BUILD:
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS")}
        subprocess.run(["make", "-s", "-C", hs_test.ROOT, "install", "B=" + hs_test.BUILD, "DESTDIR=" + path("stage"), "PREFIX=/opt"],
                       check=True, env=env, stdout=subprocess.DEVNULL)


def main():
    tap = hs_test.Tap()
    if "san-" in hs_test.BUILD:
        tap.skip("documents", "not with sanitizers: an installed library is part of it")
        tap.finish()
    prepare()
    for case in (case_links, case_reached, case_lists, case_demo, case_sorts, case_examples, case_blocks, case_words):
        try:
            case(tap)
        except Exception as problem:  # a broken case must not hide the others
            tap.check(case.__name__, False, repr(problem))
    tap.finish()


if __name__ == "__main__":
    main()
