# SPDX-License-Identifier: MIT
"""A signal in the midst of it: temporary files are gone, what was there is there, and what was recorded is kept."""
import os
import signal
import subprocess
import time

import hs_commands
import hs_test

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def started(command, **more):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)


def case_temporary_files_are_gone(bench):
    """The trace comes by a pipe and does not end: the file beside is there as soon as the command begins to write."""
    hs_test.need("SIGNALS")
    for name, args in hs_commands.WRITERS:
        if "export" not in name and name != "import":
            continue
        for number in SIGNALS:
            folder, temporary = bench.folder("signal"), bench.folder("temporary")
            command = [hs_test.CLI] + hs_commands.fill(args, trace="-", other="-", out=os.path.join(folder, "out"))
            child = started(command, env={**os.environ, "TMPDIR": temporary})
            with open(bench.small, "rb") as f:
                child.stdin.write(f.read(2000))
                child.stdin.flush()
            begun = wait_for(lambda: os.listdir(folder) or child.poll() is not None) and os.listdir(folder)
            child.send_signal(number)
            child.wait(timeout=60)  # before its input ends: the signal comes to a program for WebAssembly a moment later
            err = child.communicate(timeout=60)[1]
            left = os.listdir(folder) + os.listdir(temporary)
            bench.check("%s and %s" % (name, number.name), begun and not left and child.returncode == -number,
                        (begun, left, child.returncode, err))


def case_record_keeps_what_came(bench):
    """--stream from a pipe that stays open."""
    for number in SIGNALS:
        folder, temporary = bench.folder("stream"), bench.folder("temporary")
        out = os.path.join(folder, "out.hst")
        child = started([hs_test.NATIVE, "record", "--stream", "-", "-o", out], env={**os.environ, "TMPDIR": temporary})
        with open(bench.path("small.stream"), "rb") as f:
            child.stdin.write(f.read())
            child.stdin.flush()
        wait_for(lambda: os.path.exists(out))
        time.sleep(0.5)
        child.send_signal(number)
        child.wait(60)
        child.stdin.close()
        done = hs_test.cli("stat", "--json", out)
        bench.check("record --stream and %s" % number.name, done.status == 0 and b'"marks":2' in done.out.replace(b" ", b"")
                    and os.listdir(folder) == ["out.hst"] and not os.listdir(temporary), (child.returncode, done.status, done.err))


def is_running(pid):
    """A process that has ended stays until its parent asks for its status."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8") as f:
            return f.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def case_killed(bench):
    """kill -9, of which `record` notices nothing: the firmware that it started ends, too."""
    folder = bench.folder("killed")
    script, out = os.path.join(folder, "wait.py"), os.path.join(folder, "out.hst")
    with open(script, "w", encoding="utf-8") as f:
        f.write("import time\nprint('ready')\ntime.sleep(600)\n")
    child = subprocess.Popen([hs_test.NATIVE, "record", "-q", "-o", out, hs_test.firmware("unix64"), script], stdout=subprocess.PIPE)
    child.stdout.readline()
    with open("/proc/%d/task/%d/children" % (child.pid, child.pid), encoding="utf-8") as f:
        firmware = [int(pid) for pid in f.read().split()]
    before = [is_running(pid) for pid in firmware]
    child.kill()
    child.wait()
    ended = wait_for(lambda: not any(is_running(pid) for pid in firmware))
    bench.check("record and kill -9: the firmware ends", before == [True] and ended, (firmware, before, ended))
    for pid in firmware if not ended else []:
        os.kill(pid, signal.SIGKILL)


def case_record_of_a_program(bench):
    """The firmware gets the signal, its trace is finished."""
    script = os.path.join(bench.folder("program"), "wait.py")
    with open(script, "w", encoding="utf-8") as f:
        f.write("import time\nl = [bytearray(50) for i in range(50)]\nprint('ready')\ntime.sleep(60)\n")
    for number in SIGNALS:
        folder, temporary = bench.folder("recorded"), bench.folder("temporary")
        out = os.path.join(folder, "out.hst")
        child = subprocess.Popen([hs_test.NATIVE, "record", "-q", "-o", out, hs_test.firmware("unix64"), script],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "TMPDIR": temporary})
        child.stdout.readline()
        child.send_signal(number)
        err = child.communicate(timeout=60)[1]
        done = hs_test.cli("stat", out)
        bench.check("record of a program and %s" % number.name, done.status == 0 and os.listdir(folder) == ["out.hst"]
                    and not os.listdir(temporary), (child.returncode, done.err, err))
