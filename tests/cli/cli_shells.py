# SPDX-License-Identifier: MIT
"""What shells complete by, and the man pages, against the options that the program has."""
import os
import re
import shutil
import subprocess

import hs_test

MAN = os.path.join(hs_test.ROOT, "analysis", "man")
VALUES = {"record --level ": {"full", "sampled", "summary"}, "export --weight ": {"bytes", "live", "peak"},
          "report --sort ": {"line", "function", "file", "kind", "native", "stack", "thread"}, "map --theme ": {"light", "dark"}}


def commands():
    return re.findall(r"^  ([a-z]+) ", hs_test.cli("help").out.decode(), re.M)


def options(command):
    """All options of a command, as its --help lists them."""
    text = hs_test.cli("help", command).out.decode()
    column = 29  # where the descriptions of options begin
    return {name for line in text.splitlines() if re.match(r"  (-.,|   ) ", line)
            for name in re.findall(r"(?<![\w-])--([a-z][a-z-]*)", line[:column])} - {"help", "usage"}


def case_man_pages(cli):
    """Each option of --help is in the page, and the other way round. The pages describe the native program."""
    for command in commands():
        if command in ("record", "top") and hs_test.CLI != hs_test.NATIVE:
            continue
        with open(os.path.join(MAN, "heapstrata-%s.1" % command), encoding="utf-8") as f:
            page = f.read()
        listed = page[page.index(".SH OPTIONS"):] if ".SH OPTIONS" in page else ""
        listed = re.split(r"^\.SH (?!OPTIONS)", listed, maxsplit=1, flags=re.M)[0]
        lines = listed.splitlines()
        names = {n for before, line in zip(lines, lines[1:]) if before in (".TP", ".TQ")
                 for n in re.findall(r"--([a-z][a-z-]*[a-z])", line.replace("\\-", "-"))}
        known = options(command)
        cli.check("%s: %d options, all in its man page" % (command, len(known)), known and known <= names, sorted(known - names))
        cli.check("%s: the page lists no option that there is not" % command, names <= known | {"help"}, sorted(names - known))


def script(shell):
    path = os.path.join(hs_test.scratch(), "completion." + shell)
    with open(path, "wb") as f:
        f.write(hs_test.cli("--completion", shell).out)
    return path


def complete_bash(line):
    """What bash offers at the end of a line."""
    words = re.split(r"(=)| ", line)
    words = [w for w in words if w]
    if line.endswith(" ") or line.endswith("="):
        words.append("")
    program = ("source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _heapstrata heapstrata; printf '%%s\\n' \"${COMPREPLY[@]}\""
               % (script("bash"), " ".join("'%s'" % w for w in words), len(words) - 1))
    return set(subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=30).stdout.split())


def complete_fish(line):
    done = subprocess.run(["fish", "--no-config", "-c", "source %s; complete -C %s" % (script("fish"), "'%s'" % line)], capture_output=True, text=True,
                          timeout=60, env={**os.environ, "HOME": hs_test.scratch()})
    return {x.split("\t")[0] for x in done.stdout.splitlines()}


def complete_zsh(line):
    """By a zsh of its own: its completion works in a line editor only, so one is driven, and told to list what it would offer."""
    program = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PS1= ; autoload -Uz compinit; compinit -u -D; source %s"
zpty -w z "LISTMAX=1000; stty cols 300 rows 500; bindkey '^X' list-choices; print rea''dy"
zpty -r -m z x '*ready*'
zpty -w -n z $'%s\\x18'
sleep 2
zpty -r -t z out; print -r -- "$out"; while zpty -r -t z out; do print -r -- "$out"; done
""" % (script("zsh"), line)
    done = subprocess.run(["zsh", "-f", "-c", program], capture_output=True, text=True, errors="replace", timeout=60, env={**os.environ, "HOME": hs_test.scratch()})
    return set(re.findall(r"[\w-]+", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", " ", done.stdout)))


def case_completion(cli):
    shells = [("bash", complete_bash)] + [(s, f) for s, f in (("fish", complete_fish), ("zsh", complete_zsh)) if shutil.which(s)]
    for shell, complete in shells:
        offered = complete("heapstrata ")
        cli.check("%s: all commands" % shell, offered >= set(commands()) | {"help"}, sorted(set(commands()) - offered))
        for command in commands() if shell == "bash" else ("record", "report", "map"):
            offered = complete("heapstrata %s --" % command)
            known = {"--" + o for o in options(command)}
            cli.check("%s: all options of %s" % (shell, command), known <= offered or known <= {"--" + o for o in offered}, sorted(known - offered))
        for line, words in VALUES.items():
            offered = complete("heapstrata " + line)
            cli.check("%s: values of %s" % (shell, line), words <= offered and (shell == "zsh" or offered == words), offered)
    offered = complete_bash("heapstrata export --format=")
    listed = {x.split()[0] for x in hs_test.cli("export", "--list").out.decode().splitlines()}
    cli.check("bash: formats as --list has them, also behind =", offered == listed, offered ^ listed)
    cli.check("an unknown shell", hs_test.cli("--completion", "csh").status == 2)
