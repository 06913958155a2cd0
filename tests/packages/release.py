# SPDX-License-Identifier: MIT
"""usage: release.py DIST [WORD...]      Each file of a release is unpacked or installed as its reader would do it, and does on some commands
what the native program does: status, output, messages and files. WORD: only the kinds of file with one of these words in their name."""
import glob
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_test  # noqa: E402
from hs_same import difference, files_in, inputs, record  # noqa: E402

COMMANDS = ("doctor board.log", "doctor --json run.hst", "stat run.hst", "report --json run.hst", "timeline run.hst", "map run.hst", "blame run.hst",
            "whatif run.hst", "html -o page.html run.hst", "export --format csv -o out.csv run.hst", "stat none.hst")
WINDOWS = os.path.join(hs_test.ROOT, "tests", "tools", "windows-heapstrata")


def fresh(name):
    folder = os.path.join(hs_test.scratch(), name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return folder


def same(tap, title, command, folder=None, env=None):
    """All commands by `command`, whose current folder is `folder`, and by the native program in a folder of its own."""
    ours, theirs = folder or fresh("ours"), fresh("theirs")
    there = set(os.listdir(ours))
    for to in (ours, theirs):
        shutil.copy(os.path.join(hs_test.scratch(), "fragment-unix64.hst"), os.path.join(to, "run.hst"))
        shutil.copy(next(path for path in inputs() if "fuzz_text" in path), os.path.join(to, "board.log"))
    wrong = []
    for args in COMMANDS:
        seen, expected = (hs_test.run(program + args.split(), cwd=cwd, env=dict({"LANG": "C.UTF-8", "LC_ALL": ""}, **(env or {})), timeout=600)
                          for program, cwd in ((command, ours), ([hs_test.NATIVE], theirs)))
        what = difference((seen.status, seen.out, seen.err), (expected.status, expected.out, expected.err))
        if what:
            wrong.append("heapstrata %s: %s" % (args, what))
    a, b = ({name: data for name, data in files_in(f).items() if name not in there} for f in (ours, theirs))
    wrong += ["the file %s differs" % name for name in a.keys() | b.keys() if a.get(name) != b.get(name)]
    tap.check("%s: %d commands do what they do natively" % (title, len(COMMANDS)), len(b) == 4 and not wrong, "\n".join(wrong))


def case_static(tap, dist):
    root = fresh("root")
    shutil.copy(dist("-linux-x86_64"), os.path.join(root, "heapstrata"))
    enter = ["chroot", root] if os.getuid() == 0 else ["unshare", "-r", "chroot", root]
    if hs_test.run(enter + ["/heapstrata", "--version"]).status != 0:
        return tap.skip("the static program", "this machine allows no chroot")
    return same(tap, "the static program, alone in its folder", enter + ["/heapstrata"], root)


def case_windows(tap, dist):
    if not shutil.which("wine"):
        return tap.skip("the program for Windows", "wine is not installed")
    env = {"HS_WINDOWS_PROGRAM": dist("-windows-x86_64.exe")}
    hs_test.run([WINDOWS, "--version"], env=env, timeout=600)  # the first time, wine says that it makes a folder
    return same(tap, "the program for Windows", [WINDOWS], env=env)


def case_npm(tap, dist):
    folder = fresh("npm")
    done = hs_test.run(["npm", "install", "--offline", "--no-audit", "--no-fund", "--prefix", folder, dist(".tgz")], cwd=folder, timeout=300)
    if tap.check("npm installs the package without a network", done.status == 0, (done.out, done.err)):
        same(tap, "the npm package", [os.path.join(folder, "node_modules", ".bin", "heapstrata")])


def case_deb(tap, dist):
    folder = fresh("deb")
    packages = [p for p in glob.glob(os.path.join(os.path.dirname(dist(".tgz")), "*.deb")) if "dbgsym" not in p]
    for package in packages:
        tap.check("dpkg unpacks " + os.path.basename(package), hs_test.run(["dpkg-deb", "-x", package, folder]).status == 0)
    same(tap, "the Debian package", [os.path.join(folder, "usr", "bin", "heapstrata")])
    if shutil.which("lintian"):
        done = hs_test.run(["lintian", "--allow-root", "--fail-on", "error,warning"] + packages, timeout=600)
        tap.check("lintian has no error and no warning", done.status == 0, done.out.decode())
    else:
        tap.skip("lintian", "it is not installed")


def case_source(tap, dist):
    folder = fresh("source")
    hs_test.run(["tar", "xf", dist(".tar.xz"), "-C", folder])
    tree = os.path.join(folder, os.listdir(folder)[0])
    clean = {name: "" for name in os.environ if name.startswith(("HS_", "MAKE", "MFLAGS"))}
    made = hs_test.run(["make", "-C", tree], env=clean, timeout=3000, merge=True)
    program = os.path.join(tree, "build", "heapstrata")
    if tap.check("the source archive: make", made.status == 0 and os.path.exists(program), made.out.decode(errors="replace")[-3000:]):
        same(tap, "the program that it made", [program])


def main():
    folder, words = os.path.abspath(sys.argv[1]), sys.argv[2:]

    def dist(ending):
        found = glob.glob(os.path.join(folder, "heapstrata-*" + ending))
        assert len(found) == 1, found
        return found[0]

    tap = hs_test.Tap()
    record(hs_test.scratch())
    for case in (case_static, case_windows, case_npm, case_deb, case_source):
        if not words or any(word in case.__name__ for word in words):
            case(tap, dist)
    tap.finish()


main()
