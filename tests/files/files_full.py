# SPDX-License-Identifier: MIT
"""A disk without room: the path, the reason, status 2, and nothing that looks whole."""
import os
import resource
import subprocess

import hs_commands
import hs_test

LEFT = 4 << 10  # bytes on a file system of 300 KB: a page


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))


def case_a_limit_on_the_size(bench):
    """What a file system without room says, for who may not mount one."""
    for name, args in hs_commands.WRITERS:
        folder = bench.folder("limited")
        out = os.path.join(folder, "out")
        env = {k: v for k, v in os.environ.items() if not k.startswith("HEAPSTRATA_")}
        command = [hs_test.CLI] + hs_commands.fill(args, trace=bench.trace, other=bench.small, out=out)
        done = subprocess.run(command, preexec_fn=limit, capture_output=True, env=env, timeout=120, check=False)
        bench.check(name + " with room for 3 KB", done.returncode == 2 and out.encode() in done.stderr and b"File too large" in done.stderr
                    and not os.listdir(folder), (done.returncode, done.stderr, os.listdir(folder)))


def mounted(bench):
    """A file system of 300 KB with LEFT bytes left; None where none can be mounted."""
    folder = bench.folder("full")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "none", folder], capture_output=True, check=False).returncode:
        return None
    with open(os.path.join(folder, "rest"), "wb") as f:
        f.write(bytes((300 << 10) - LEFT))
    return folder


def case_recording_into_little_room(bench):
    """Whatever had room is kept, also when that is less than 16 KB."""
    for size in ("4k", "8k", "16k"):
        folder = bench.folder("little")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "none", folder], capture_output=True, check=False).returncode:
            bench.skip("recording with room for " + size, "cannot mount a file system here")
            continue
        try:
            out = os.path.join(folder, "out.hst")
            work = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compilers", "work.py")
            done = hs_test.run([hs_test.NATIVE, "record", "-q", "-o", out, "--", hs_test.firmware("unix64"), "-X", "heapsize=1m", work])
            status, found, err = hs_test.cli_json("stat", out)
            bench.check("recording with room for " + size, done.status == 2 and out.encode() in done.err and b"what came before that is in" in done.err
                        and os.listdir(folder) == ["out.hst"] and status == 2 and found and found["records"] > 0, (done.err, status, found, err))
        finally:
            subprocess.run(["umount", folder], check=False)


def case_a_full_file_system(bench):
    folder = mounted(bench)
    if not folder:
        return bench.skip("a full file system", "this user may not mount one; the limit on file sizes stands in")
    try:
        for name, args in hs_commands.WRITERS:
            out = os.path.join(folder, "out")
            done = hs_test.run([hs_test.CLI] + hs_commands.fill(args, trace=bench.trace, other=bench.small, out=out), timeout=120)
            if done.status == 0 and os.path.exists(out) and os.path.getsize(out) <= LEFT:
                os.unlink(out)  # so short that it has room
                continue
            bench.check(name + " without room", done.status == 2 and out.encode() in done.err and b"No space left" in done.err
                        and os.listdir(folder) == ["rest"], (done.status, done.err, os.listdir(folder)))
        keep = os.path.join(folder, "keep.hst")
        hs_test.cli("import", bench.small, "-o", keep)
        before = os.path.getsize(keep)
        done = hs_test.cli("import", bench.trace, "-o", keep)
        bench.check("what was there is kept", done.status == 2 and os.path.getsize(keep) == before, done.err)
        os.unlink(keep)
        record(bench, folder)
        with open(os.path.join(folder, "printed"), "wb") as f:
            done = subprocess.run([hs_test.CLI, "dump", bench.trace], stdout=f, stderr=subprocess.PIPE, check=False)
        bench.check("standard output without room", done.returncode == 2 and b"No space left" in done.stderr, done.stderr)
    finally:
        subprocess.run(["umount", folder], check=False)


def record(bench, folder):
    """What came is kept, and known to be cut short."""
    out = os.path.join(folder, "out")
    script = os.path.join(os.path.dirname(__file__), "..", "compilers", "work.py")
    done = hs_test.cli("record", "-o", out, "--", hs_test.firmware("unix64"), "-X", "heapsize=200k", script, timeout=120)
    bench.check("record without room", done.status == 2 and out.encode() in done.err and b"No space left" in done.err, done.err)
    read = hs_test.cli("stat", out)
    bench.check("its file does not look whole", read.status == 2, (read.status, read.err))
