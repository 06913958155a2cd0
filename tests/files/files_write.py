# SPDX-License-Identifier: MIT
"""Where output comes to lie: an earlier file stays until there is another, inputs are never written, devices stay devices,
links stay links, and a file has the mode of a normal one."""
import os
import stat
import subprocess

import hs_commands
import hs_test

STREAMS = [c for c in hs_commands.WRITERS if c[0] != "export ctf"]


def content(path):
    with open(path, "rb") as f:
        return f.read()


def put(path, data=b"precious"):
    with open(path, "wb") as f:
        f.write(data)
    return path


def case_an_earlier_trace_is_kept(bench):
    folder = bench.folder("keep")
    damaged = put(os.path.join(folder, "damaged"), b"no trace\n" * 100)
    firmware = hs_test.firmware("unix64")
    for args in (["import", "/nonexistent"], ["import", damaged], ["record", "--", "/bin/true"],
                 ["record", "--", "no-such-firmware", "x.py"], ["record", "--ring", "8K", "--", "/bin/true"],
                 ["record", "--serial", "/nonexistent", "x.py"], ["record", "--stream", "/nonexistent"],
                 ["record", "--stream", damaged], ["html", damaged], ["export", "-f", "csv", damaged],
                 ["export", "-f", "sqlite", "/nonexistent"]):
        keep = put(os.path.join(folder, "keep.hst"))
        done = hs_test.cli(*[args[0], "-o", keep] + args[1:])
        bench.check("kept by " + " ".join(args[:3]).replace(folder, ""), done.status == 2 and content(keep) == b"precious", (done.status, done.err))
    done = hs_test.cli("record", "-o", keep, "--", firmware, os.path.join(os.path.dirname(__file__), "small.py"))
    bench.check("another trace takes its place", done.status == 0 and hs_test.cli("stat", keep).status == 0, done.err)
    bench.check("nothing is left beside", sorted(os.listdir(folder)) == ["damaged", "keep.hst"], os.listdir(folder))


def case_inputs_are_never_written(bench):
    folder = bench.folder("inputs")
    trace = content(bench.small)
    a, b = put(os.path.join(folder, "a.hst"), trace), put(os.path.join(folder, "b.hst"), trace)
    link, hard = os.path.join(folder, "link"), os.path.join(folder, "hard")
    os.symlink("a.hst", link)
    os.link(a, hard)
    for args in (["html", a, "-o", a], ["html", a, b, "-o", b], ["html", a, "-o", link], ["html", "-i", a, "-o", hard],
                 ["map", "--svg", a, a], ["map", "--png", b, a, b], ["timeline", "--svg", link, a], ["blame", "--svg", a, a],
                 ["import", a, "-o", hard], ["export", "-f", "csv", "-o", a, a], ["export", "-f", "sqlite", "-o", link, a],
                 ["export", "-f", "ctf", "-o", a, a], ["html", "--source", b, "-o", b, a], ["html", "--elf", b, "-o", b, a],
                 ["record", "-o", b, hs_test.firmware("unix64"), b], ["map", "--svg", "x", "--png", a, a]):
        if not hs_commands.has(" ".join(args)):
            bench.skip("refused: " + " ".join(args).replace(folder + "/", ""), "the program was built without what it needs")
            continue
        done = hs_test.cli(*args, cwd=folder)
        bench.check("refused: " + " ".join(args).replace(folder + "/", ""), done.status == 2 and content(a) == content(b) == trace
                    and os.path.islink(link) and b"read too" in done.err, (done.status, done.err))
    done = hs_test.cli("html", cwd=put_default(folder, trace), timeout=60)
    bench.check("the default input", done.status == 2 and b"read too" in done.err, done.err)


def put_default(folder, trace):
    """A folder in which the page's name is a link to the trace that is read when no other is named."""
    put(os.path.join(folder, "heapstrata.hst"), trace)
    os.symlink("heapstrata.hst", os.path.join(folder, "heapstrata.html"))
    return folder


def case_links_stay(bench):
    folder = bench.folder("links")
    os.mkdir(os.path.join(folder, "there"))
    real, link, twice, dangling = [os.path.join(folder, n) for n in ("there/real", "link", "twice", "dangling")]
    os.symlink("there/real", link)
    os.symlink(link, twice)
    os.symlink("there/new", dangling)
    for name, args in STREAMS:
        put(real)
        os.chmod(real, 0o640)
        done = hs_test.run(bench.fill(args, twice))
        bench.check(name + " through links", done.status in (0, 1) and os.path.islink(twice) and os.path.islink(link)
                    and content(real) != b"precious" and stat.S_IMODE(os.stat(real).st_mode) == 0o640, done.err)
    done = hs_test.run(bench.fill("export --format csv -o {out} {trace}", dangling))
    bench.check("a link to nothing yet", done.status == 0 and os.path.islink(dangling) and os.path.isfile(os.path.join(folder, "there/new")), done.err)
    bench.check("nothing is left beside", sorted(os.listdir(folder)) == ["dangling", "link", "there", "twice"]
                and sorted(os.listdir(os.path.join(folder, "there"))) == ["new", "real"])


def case_devices_stay(bench):
    folder = bench.folder("devices")
    null, full = os.path.join(folder, "null"), os.path.join(folder, "full")
    try:
        os.mknod(null, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        os.mknod(full, stat.S_IFCHR | 0o666, os.makedev(1, 7))
        open(null, "wb").close()
    except OSError:
        null, full = "/dev/null", "/dev/full"
    for name, args in hs_commands.WRITERS:
        done = hs_test.run(bench.fill(args, null))
        good = done.status == 2 if name == "export ctf" else done.status in (0, 1)
        bench.check(name + " onto a device", good and stat.S_ISCHR(os.stat(null).st_mode), (done.status, done.err))
        done = hs_test.run(bench.fill(args, full))
        bench.check(name + " onto a full one", done.status == 2 and stat.S_ISCHR(os.stat(full).st_mode)
                    and (b"No space left" in done.err or name == "export ctf"), (done.status, done.err))


def case_pipes(bench):
    folder = bench.folder("pipes")
    fifo = os.path.join(folder, "fifo")
    os.mkfifo(fifo)
    for name, args in STREAMS:
        plain = os.path.join(folder, "plain " + name)
        hs_test.run(bench.fill(args, plain))
        with open(os.path.join(folder, "got"), "wb") as got:
            reader = subprocess.Popen(["cat", fifo], stdout=got)
        done = hs_test.run(bench.fill(args, fifo))
        if done.status not in (0, 1):
            reader.kill()
        reader.wait(60)
        bench.check(name + " into a pipe", done.status in (0, 1) and content(got.name) == content(plain) and stat.S_ISFIFO(os.stat(fifo).st_mode), done.err)
        if name == "import":
            continue
        done = hs_test.run(bench.fill(args, "/dev/stdout"))
        bench.check(name + " to /dev/stdout", done.out == content(plain), done.err)
    log = put(os.path.join(folder, "log"), b"before\n")
    with open(log, "ab") as f:
        subprocess.run(bench.fill("export --format csv -o {out} {trace}", "/dev/stdout"), stdout=f, check=False)
    hs_test.run(bench.fill("export --format csv -o {out} {trace}", plain))
    bench.check("/dev/stdout goes on where the shell's >> began", content(log) == b"before\n" + content(plain))


def case_modes(bench):
    folder = bench.folder("modes")
    out = os.path.join(folder, "out")
    for mask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
        for name, args in STREAMS:
            before = os.umask(mask)
            done = hs_test.run(bench.fill(args, out))
            os.umask(before)
            seen = stat.S_IMODE(os.stat(out).st_mode) if os.path.exists(out) else None
            bench.check("%s with umask %03o" % (name, mask), seen == mode, (seen, done.err))
            os.unlink(out)


def case_folders_without_room_beside(bench):
    """A folder in which nothing can be made, with a file in it that may be written."""
    if os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"):
        return bench.skip("a folder that may not be written", "needs setpriv to be another user")
    folder = bench.folder("closed")
    out = put(os.path.join(folder, "out"))
    os.chmod(out, 0o666)
    os.chmod(folder, 0o555)
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    readable = hs_test.run(other + ["cat", bench.small])
    if readable.status:
        return bench.skip("a folder that may not be written", "another user cannot read the tests' folder")
    for name, args in STREAMS:
        put(out)
        done = hs_test.run(other + bench.fill(args, out))
        bench.check(name + " over a file in a folder that may not be written", done.status in (0, 1) and len(content(out)) > 100,
                    (done.status, done.err))
        done = hs_test.run(other + bench.fill(args, os.path.join(folder, "new")))
        bench.check(name + " of a new one there", done.status == 2 and b"Permission denied" in done.err, done.err)
    os.chmod(folder, 0o755)
