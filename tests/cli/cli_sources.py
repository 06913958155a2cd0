# SPDX-License-Identifier: MIT
"""Which file of this computer is the source that a trace names."""
import json
import os
import shutil

import hs_test

SCRIPT = "def work():\n    return [bytearray(100) for i in range(10)]\nx = work()\n"


def write(*parts, text=SCRIPT):
    path = os.path.join(hs_test.scratch(), "sources", *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def record(cli, name, script, cwd):
    trace = write("traces", name)
    done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--", hs_test.firmware("unix64"), script], cwd=cwd)
    cli.check("%s is recorded" % name, done.status == 0, done.err)
    return trace


def annotate(cli, trace, *args, cwd=None, status=0):
    """{file: (source, warning)} of a trace."""
    done = hs_test.cli("annotate", trace, "--json", *args, cwd=cwd)
    return {f["file"]: (f["source"], f["warning"]) for f in json.loads(done.out or b"{}").get("files", [])}


def case_long_names(cli):
    deep = "/".join(["a folder with a long name %d" % i for i in range(5)])
    right = write("long", deep, "here", "main.py")
    trace = record(cli, "long.hst", right, "/")
    names = [f for f in annotate(cli, trace) if f.endswith("main.py")]
    cli.check("a name that lost its front says so", len(names) == 1 and names[0].startswith("\u2026") and len(names[0].encode()) <= 57, names)
    cli.check("... in a report too", "\u2026" in cli.out("report", trace)[1], cli.out("report", trace)[1])
    write("long", "main.py")
    wrong = write("long", deep, "there", "main.py")
    for where, wanted in (("long", None), (os.path.join("long", deep), right), (os.path.join("long", deep, "here"), right)):
        found = annotate(cli, trace, "--source", os.path.join(hs_test.scratch(), "sources", where))[names[0]]
        if wanted:
            cli.check("the longest common end, from %s" % where[-20:], found == (wanted, None), found)
        else:
            cli.check("one whose name alone agrees has a warning", "only the end of its path" in (found[1] or ""), found)
    found = annotate(cli, trace, "--source", wrong, "--source", right)[names[0]]
    cli.check("of two files that are given the better one", found == (right, None), found)
    short = record(cli, "cut.hst", write("cut", "n" * 70 + ".py"), os.path.join(hs_test.scratch(), "sources", "cut"))
    name = next(f for f in annotate(cli, short) if "nnn" in f)
    found = annotate(cli, short, "--source", os.path.join(hs_test.scratch(), "sources", "cut"))[name]
    cli.check("a file name that is cut itself", (found[0] or "").endswith("cut/" + "n" * 70 + ".py"), (name, found))


def case_unrelated(cli):
    folder = os.path.dirname(write("mine", "main.py"))
    trace = record(cli, "mine.hst", "main.py", folder)
    cli.check("the right source has no warning", annotate(cli, trace, "--source", folder)["main.py"][1] is None)
    for what, text, why in (("fewer lines", "x = 1\n", "it has 1 lines"), ("other functions", "\n" * 9 + "def other(): pass\n", "no function work")):
        other = os.path.dirname(write("other", what, "main.py", text=text))
        done = hs_test.cli("annotate", trace, "--source", other)
        cli.check("another main.py, of %s" % what, b"# warning: this may be another file" in done.out and why.encode() in done.out, done.out)
    nested = record(cli, "nested.hst", "mine/main.py", os.path.dirname(folder))
    found = annotate(cli, nested, "--source", folder)["mine/main.py"]
    cli.check("the path that leads there counts", found == (os.path.join(folder, "main.py"), None), found)


def case_beside_the_script(cli):
    """Modules that a board imported from its own file system, by names of their own."""
    write("project", "src", "main.py", text="import sys\nsys.path[:] = ['/device', '/device/lib']\nimport sensor\nimport drivers.lamp\n"
          "import os\nos.rename('/device', '/device-is-away')\n")
    sensor, lamp = write("project", "src", "sensor.py"), write("project", "src", "lib", "drivers", "lamp.py")
    device = os.path.join(hs_test.scratch(), "sources", "device")
    write("device", "sensor.py"), write("device", "lib", "drivers", "lamp.py")
    project = os.path.join(hs_test.scratch(), "sources", "project")
    trace = write("traces", "project.hst")
    script = os.path.join(project, "src", "main.py")
    with open(script, encoding="utf-8") as f:
        text = f.read().replace("'/device", "'" + device)
    write("project", "src", "main.py", text=text)
    hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--", hs_test.firmware("unix64"), "src/main.py"], cwd=project)
    found = annotate(cli, trace, cwd=project)
    places = {os.path.basename(name): os.path.realpath(os.path.join(project, source)) for name, (source, _) in found.items() if source}
    cli.check("a module beside the script", places.get("sensor.py") == sensor, found)
    cli.check("... and in a folder there, by the end of its path", places.get("lamp.py") == lamp, found)
    cli.check("the script itself", places.get("main.py") == script, found)


def case_fifo(cli):
    """A FIFO where a trace or an option names a file does not make a command wait."""
    firmware = write("fifo", "micropython", text="")
    shutil.copy(hs_test.firmware("unix64"), firmware)
    trace = write("traces", "fifo.hst")
    script = write("fifo", "main.py")
    done = hs_test.run([hs_test.NATIVE, "record", "-o", trace, "--", firmware, script])
    cli.check("a firmware of its own", done.status == 0, done.err)
    for path in (firmware, script):
        os.unlink(path)
        os.mkfifo(path)
    for args in (["report"], ["report", "--elf", firmware], ["annotate"], ["annotate", "--source", script],
                 ["html", "-o", write("traces", "fifo.html")], ["export", "--format", "pprof", "-o", write("traces", "fifo.pb")]):
        done = hs_test.run([hs_test.CLI, *args, trace], timeout=60)
        cli.check("%s beside FIFOs does not wait" % " ".join(args[:2]), done.status is not None, (done.status, done.err))
    for args in (["record", "--", firmware, "x.py"], ["record", "--serial", firmware, "x.py"]):
        done = hs_test.run([hs_test.CLI, *args], timeout=60, cwd=os.path.dirname(trace))
        cli.check("%s of a FIFO does not wait" % " ".join(args[:2]), done.status == 2 and done.err, (done.status, done.err))
