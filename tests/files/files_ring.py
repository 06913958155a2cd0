# SPDX-License-Identifier: MIT
"""HEAPSTRATA_RING: without room, and with another process on it, the program runs and says why nothing is recorded."""
import os
import signal
import subprocess

import hs_test
from files_full import mounted

SCRIPT = os.path.join(os.path.dirname(__file__), "small.py")


def case_ring_without_room(bench):
    folder = mounted(bench)
    if not folder:
        return bench.skip("a ring without room", "this user may not mount a small file system")
    try:
        for firmware in hs_test.UNIX:
            ring = os.path.join(folder, "ring")
            done = hs_test.run_firmware(firmware, ["-X", "heapsize=200k", SCRIPT], ring=ring + ":256k")
            bench.check("%s runs when its ring has no room" % firmware, done.status == 0 and b"No space left" in done.err
                        and ring.encode() in done.err and os.listdir(folder) == ["rest"], (done.status, done.err))
    finally:
        subprocess.run(["umount", folder], check=False)
    for firmware in hs_test.UNIX:
        done = hs_test.run_firmware(firmware, ["-X", "heapsize=200k", SCRIPT], ring="/nonexistent/ring:64k")
        bench.check("%s runs when its ring cannot be made" % firmware, done.status == 0 and b"No such file" in done.err, done.err)


def case_ring_of_no_such_size(bench):
    """Sizes that would be cut to 32 bits, or that no reader takes."""
    for firmware in hs_test.UNIX:
        for size in ("64M", "4097M", "4294968320", "1000", "99999999999999999999"):
            ring = bench.path("no.ring")
            done = hs_test.run_firmware(firmware, ["-X", "heapsize=200k", SCRIPT], ring=ring + ":" + size)
            bench.check("%s refuses a ring of %s, and runs" % (firmware, size), done.status == 0 and b"a ring has 1024 bytes to 63 MB" in done.err
                        and not os.path.exists(ring), (done.status, done.err))


def case_ring_of_another_process(bench):
    ring = bench.path("shared.ring")
    waiting = os.path.join(bench.folder("ring"), "wait.py")
    with open(waiting, "w", encoding="utf-8") as f:
        f.write("l = [bytearray(50) for i in range(99)]\nprint('ready')\nimport sys\nsys.stdin.readline()\n")
    first = subprocess.Popen([hs_test.firmware("unix64"), waiting], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             env={**os.environ, "HEAPSTRATA_RING": ring + ":64k"})
    first.stdout.readline()
    done = hs_test.run_firmware("unix32", ["-X", "heapsize=200k", SCRIPT], ring=ring + ":32k")
    bench.check("a second process runs and says whose the ring is", done.status == 0 and b"another process" in done.err
                and os.path.getsize(ring) == 64 << 10, (done.status, done.err))
    read = hs_test.cli("stat", ring)
    bench.check("the first one's trace is whole", read.status == 0, read.err)
    first.send_signal(signal.SIGKILL)
    first.wait(60)
    done = hs_test.run_firmware("unix64", ["-X", "heapsize=200k", SCRIPT], ring=ring + ":64k")
    bench.check("after it the ring is free again", done.status == 0 and not done.err, done.err)
