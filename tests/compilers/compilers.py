# SPDX-License-Identifier: MIT
"""What the program says does not depend on its compiler, on optimization, nor on the order in which qsort leaves equals:
every command on a stream of more than 256 KB, by the program as built, by clang with sanitizers, by gcc -O0, and with a
qsort that turns equals around."""
import hashlib
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import hs_commands  # noqa: E402
import hs_test  # noqa: E402

tap = hs_test.Tap()
known = {}
# What `top` says depends on the clock, and a CTF trace has a random number.
COMMANDS = [c for c in hs_commands.READERS if not c[0].startswith("top") and c[0] != "export ctf"]
VARIANTS = {
    "clang with sanitizers": (os.path.join(hs_test.BUILD, "variants", "heapstrata-clang"), {}),
    "gcc -O0": (os.path.join(hs_test.BUILD, "variants", "heapstrata-O0"), {}),
    "qsort that turns equals around": (hs_test.CLI, {"LD_PRELOAD": os.path.join(hs_test.BUILD, "tests/compilers/preload_qsort.so")}),
}


def traces():
    names = [os.path.join(hs_test.scratch(), "work.%s" % kind) for kind in ("stream", "hst", "image")]
    options = {"env": {"HEAPSTRATA_STACKS": "1"}, "cwd": HERE, "timeout": 120}
    args = ["-X", "heapsize=200k", "work.py"]
    first = hs_test.run_firmware("unix64", args, trace=names[0], **options)
    tap.check("the firmware runs", first.status == 0, first.err)
    tap.check("its stream is larger than the reader's window", os.path.getsize(names[0]) > 256 * 1024)
    hs_test.cli("import", names[0], "-o", names[1])
    hs_test.run_firmware("unix64", args, ring=names[2] + ":64k", **options)
    return names


def digest(path):
    """Of a file, or of the files of a folder."""
    if not os.path.isdir(path):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()
    return [(name, digest(os.path.join(path, name))) for name in sorted(os.listdir(path))]


def seen(program, args, env, names):
    """What a command printed and wrote, kept for the program as built."""
    key = (args, *names.values())
    if program == hs_test.CLI and not env and key in known:
        return known[key]
    out = os.path.join(hs_test.scratch(), "out")
    done = hs_test.run([program] + hs_commands.fill(args, out=out, **names), env={**hs_test.SANITIZERS, **env}, timeout=300)
    written = digest(out) if os.path.exists(out) else None
    shutil.rmtree(out, ignore_errors=True)
    if os.path.exists(out):
        os.unlink(out)
    result = done.status, done.out, done.err, written
    if program == hs_test.CLI and not env:
        known[key] = result
    return result


def first_difference(expected, got):
    """What to show of two results."""
    if expected[0] != got[0] or expected[2] != got[2]:
        return "status %s and %s, %r and %r" % (expected[0], got[0], expected[2][-300:], got[2][-300:])
    if expected[1] == got[1]:
        return "the files written differ"
    pairs = zip(expected[1].splitlines(), got[1].splitlines())
    return next(("%r and %r" % (a[:200], b[:200]) for a, b in pairs if a != b), "one is longer")


def case(variant, names, commands):
    program, env = VARIANTS[variant]
    differ = []
    for name, args in commands:
        expected, got = seen(hs_test.CLI, args, {}, names), seen(program, args, env, names)
        if expected != got:
            differ.append("%s: %s" % (name, first_difference(expected, got)))
    tap.check("%s: %d commands say the same of %s" % (variant, len(commands), os.path.basename(names["trace"])), not differ,
              "\n".join(differ))


def main():
    stream, hst, image = traces()
    for variant in VARIANTS:
        case(variant, {"trace": stream, "other": hst}, COMMANDS)
        case(variant, {"trace": image, "other": hst}, [c for c in hs_commands.READERS if c[0] in ("stat", "dump", "resets", "import")])
    tap.finish()


main()
