# SPDX-License-Identifier: MIT
"""Arguments, help, exit statuses, colours."""
import os
import re
import shutil

import hs_test


def commands(cli):
    return re.findall(r"^  ([a-z]+) ", cli.out("help")[1], re.M)


def case_help(cli):
    status, out, err = cli.out()
    cli.check("no command: usage on standard error, status 2", status == 2 and not out and "Usage:" in err, err)
    status, out, err = cli.out("help")
    cli.check("help: usage on standard output, status 0", status == 0 and "Usage:" in out and not err, err)
    names = commands(cli)
    cli.check("help lists the commands", {"stat", "report", "annotate"} <= set(names), names)
    for name in names:
        if name in ("record", "top") and hs_test.CLI != hs_test.NATIVE:
            continue  # that of another system has less
        status, out, _ = cli.out(name, "--help")
        cli.check(name + " --help has examples", status == 0 and "Examples:\n  heapstrata " + name in out, out)
        cli.check("help %s is the same" % name, cli.out("help", name)[1] == out)
    status, out, _ = cli.out("--version")
    cli.check("--version", status == 0 and re.fullmatch(r"heapstrata \d+\.\d+\.\d+\n", out), out)


def case_moved(cli):
    """What was an option of another command still works, with a line that names the command."""
    trace = cli.trace("fragment")
    for old, new in ((["report", "--retained"], ["retained"]), (["report", "-r", "--json"], ["retained", "--json"]),
                     (["report", "-n", "3", "--phase"], ["phases", "-n", "3"]), (["report", "--pools", "--csv"], ["pools", "--csv"]),
                     (["timeline", "--points", "9", "--pools"], ["pools", "--points", "9", "--timeline"])):
        status, out, err = cli.out(*old, trace)
        then, expected, said = cli.out(*new, trace)
        note = "is now 'heapstrata %s" % " ".join([new[0]] + ["--timeline"] * (old[0] == "timeline"))
        cli.check("%s: as %s" % (" ".join(old), new[0]), (status, out) == (then, expected), (status, then, err, said))
        cli.check("%s: says so in a line" % " ".join(old), note in err.split("\n")[0] and err.split("\n", 1)[1] == said, (err, said))
    status, out, err = cli.out("report", "-s", "line", "--", trace)
    cli.check("nothing is said of other options", status == 0 and out and "is now" not in err, err)


def case_numbers(cli):
    """Every option of every command that takes a number refuses what is none, or does not fit, before anything is done."""
    tried = 0
    for command in commands(cli):
        text = cli.out("help", command)[1]
        for option, kind in re.findall(r"--([a-z-]+)=(N|SIZE|BYTES|MS|SECONDS|P|SIZE,\.\.\.)\s", text):
            for wrong in ("", "x", "-1", "5 ", "1KB", "99999999999G", "99999999999999999999", "nan"):
                status, out, err = cli.out(command, "--%s=%s" % (option, wrong), "/nonexistent/trace.hst")
                tried += 1
                if status != 2 or out or "--%s takes " % option not in err:
                    cli.check("%s --%s=%s is refused" % (command, option, wrong), False, (status, out, err))
    cli.check("%d wrong numbers are refused" % tried, tried > 150, tried)
    ran = os.path.join(hs_test.scratch(), "ran")
    for args in (["--ring", "64M"], ["--ring", "4294968320"], ["--ring", "1000"], ["--baud", "12345"], ["--level", "sampled:0"]):
        status, _, err = cli.out("record", *args, "--", "touch", ran)
        cli.check("record %s runs nothing" % " ".join(args), status == 2 and args[0] + " takes" in err and not os.path.exists(ran), err)
    for source in ("tcp-listen:99999", "tcp:localhost:65536", "tcp-listen:127.0.0.1:70000", "tcp-listen:-1", "tcp:[::1]:4294967297"):
        for command in (["record", "--stream"], ["top", "--batch"]):
            status, _, err = cli.out(*command, source, timeout=20)
            cli.check("%s %s is refused" % (command[0], source), status == 2 and "a port is a number from 0 to 65535" in err, err)


def case_bad_usage(cli):
    trace = cli.trace("fragment")
    for args, expected in (
            (["rpeort"], "Did you mean 'report'?"), (["stst"], "Did you mean 'stat'?"),
            (["frobnicate"], "heapstrata help lists them"), (["--foo"], "no such option: '--foo'"),
            (["help", "sta"], "Did you mean 'stat'?"), (["stat", "--foo"], "--foo"),
            (["stat", trace, trace], "too many arguments"), (["stat", "-i", trace, trace], "too many arguments"),
            (["export", "pprof", trace], "'pprof' is meant as --format pprof?"), (["stat", ""], "an argument is empty"),
            (["report", "--limit", "x", trace], "--limit takes a number, not 'x'"),
            (["report", "--limit=-1", trace], "--limit takes a number"),
            (["report", "--min-percent", "1x", trace], "--min-percent takes a number"),
            (["report", "--color", "some", trace], "--color takes auto|always|never"),
            (["report", "--sort", "colour", trace], "no such sort key: 'colour'"),
            (["report", "--sort", "line,line", trace], "given twice"), (["report", "--sort", "", trace], "a sort key is wanted"),
            (["report", "--children", "--sort", "kind", trace], "--children needs"),
            (["report", "--live", "--peak", trace], "exclude each other"),
            (["report", "--elf", "/no/such/file", trace], "/no/such/file")):
        status, out, err = cli.out(*args)
        cli.check("bad usage: " + " ".join(a for a in args if a != trace), status == 2 and expected in err,
                  "status %s: %s" % (status, err))


def case_option_words(cli):
    """Options may be shortened, joined, and stand behind plain arguments; messages are the same on every system."""
    trace = cli.trace("fragment")
    long = cli.out("report", "--limit", "3", "--json", trace)
    cli.check("report with options in full", long[0] == 0 and long[1], long)
    for args in (["--limit=3", "--json", trace], ["--lim", "3", "--js", trace], ["-n3", "--json", trace], ["-n", "3", trace, "--json"],
                 [trace, "--json", "-n", "3"], ["--json", "-n", "3", "--", trace], ["--json", "-n3", "-i", trace], ["--json", "-n3", "-i" + trace]):
        cli.check("the same: report " + " ".join("TRACE" if a == trace else a for a in args), cli.out("report", *args) == long)
    cli.check("short options in one word", cli.out("report", "-pn3", trace) == cli.out("report", "--peak", "--limit", "3", trace))
    hint = "Try `heapstrata %s --help' or `heapstrata %s --usage' for more information.\n"
    for args, said in ((["map", "--fo"], "unrecognized option '--fo'"), (["map", "--he"], "option '--he' is ambiguous; possibilities: '--heap' '--help'"),
                       (["map", "--json=3"], "option '--json' doesn't allow an argument"), (["map", "-Z"], "invalid option -- 'Z'"),
                       (["map", "-i"], "option requires an argument -- 'i'"), (["map", "--input"], "option '--input' requires an argument"),
                       (["why"], "too few arguments"), (["stat", "--", "--json", trace], "too many arguments: '%s'" % trace)):
        expected = "heapstrata %s: %s\n" % (args[0], said) + hint % (args[0], args[0])
        cli.check("message: " + " ".join("TRACE" if a == trace else a for a in args), cli.out(*args) == (2, "", expected), cli.out(*args))
    for args in (["-?"], ["-p?"], ["--json", "-?Z"], ["--help", "--foo"]):
        cli.check("the help: report " + " ".join(args), cli.out("report", *args) == cli.out("help", "report"))
    status, out, err = cli.out("report", "--usage")
    cli.check("--usage lists all options", status == 0 and not err and out.startswith("Usage: heapstrata report [-") and
              {"[--limit=N]", "[--json]", "[--help]", "[FILE]"} <= set(out.split()), out)


def case_bad_input(cli):
    folder = os.path.join(hs_test.scratch(), "bad")
    os.makedirs(folder, exist_ok=True)
    files = {"empty": b"", "text": b"This is no trace.\n" * 100, "zeroes": bytes(5000)}
    for name, data in files.items():
        path = os.path.join(folder, name)
        with open(path, "wb") as out:
            out.write(data)
        for command in ("stat", "report", "annotate"):
            status, out, err = cli.out(command, path)
            cli.check("%s of %s: status 2 and its name" % (command, name), status == 2 and path in err and not out, err)
    status, _, err = cli.out("stat", folder + "/none")
    cli.check("missing file", status == 2 and "No such file" in err, err)
    status, _, err = cli.out("stat", folder)
    cli.check("a folder", status == 2 and err, err)


def case_truncated(cli):
    """What is there is shown, the status is 2, and the head says that something is missing."""
    with open(cli.trace("fragment"), "rb") as whole:
        data = whole.read()
    path = os.path.join(hs_test.scratch(), "cut.hst")
    for part in (0.3, 0.6, 0.9, 0.99):
        with open(path, "wb") as out:
            out.write(data[:int(len(data) * part)])
        for command in ("stat", "report", "annotate"):
            status, out, err = cli.out(command, path)
            cli.check("%s of %d%% of a trace: no crash, status 0 or 2" % (command, 100 * part), status in (0, 2), err)
            cli.check("... and a complaint with status 2", (status == 2) == bool(err), err)


def case_input_ways(cli):
    trace = cli.trace("fragment")
    expected = cli.out("report", trace)[1]
    cli.check("-i FILE", cli.out("report", "-i", trace)[1] == expected)
    cli.check("--input=FILE", cli.out("report", "--input=" + trace)[1] == expected)
    with open(trace, "rb") as data:
        status, out, err = cli.out("report", "-", stdin=data)
    cli.check("standard input", status == 0 and out == expected.replace(trace, "-"), err)
    folder = os.path.join(hs_test.scratch(), "default")
    os.makedirs(folder, exist_ok=True)
    shutil.copy(trace, os.path.join(folder, "heapstrata.hst"))
    out = cli.out("report", cwd=folder)[1]
    cli.check("heapstrata.hst is the default", out == expected.replace(trace, "heapstrata.hst"), out)
    with open(trace, "rb") as data:
        status, out, err = cli.out("report", stdin=data, cwd=folder)
    cli.check("a file as standard input is read without being named", status == 0 and out == expected.replace(trace, "-"), (out, err))
    done = hs_test.run(["sh", "-c", "cat \"$2\" | \"$1\" report", "-", hs_test.CLI, trace], cwd=folder)
    cli.check("... a pipe is not", done.out.decode() == expected.replace(trace, "heapstrata.hst"), (done.out, done.err))


def case_colors(cli):
    trace = cli.trace("fragment")
    cli.check("no colours into a pipe", "\033" not in cli.out("report", trace)[1])
    cli.check("--color=always", "\033[31m" in cli.out("report", "--color=always", trace)[1])
    cli.check("--color=never", "\033" not in cli.out("report", "--color=never", trace)[1])


def case_full_disk(cli):
    if not os.path.exists("/dev/full"):
        cli.tap.skip("full disk", "no /dev/full")
        return
    done = hs_test.run(["/bin/sh", "-c", '"$0" report "$1" >/dev/full', hs_test.CLI, cli.trace("fragment")])
    cli.check("output that cannot be written: status 2", done.status == 2 and b"cannot write" in done.err, done.err)
