#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the seeds of tests/fuzz/corpus that are traces of real firmwares anew, for when the format has changed.

    make micropython && tests/fuzz/seeds.py

The paths of the checkout are in them: make them in a folder of no name, such as /opt/heapstrata.
"""
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "tools"))
import hs_test

CORPUS = os.path.join(HERE, "corpus")
WORK = """import gc
def fill(n):
    kept = []
    for i in range(n):
        kept.append(bytearray(i * 7 % 90))
        if i % 3 == 0:
            kept[i // 2] = None
    return kept
class A:
    def __init__(self):
        self.x = [1, 2]
for k in range(3):
    a = [A(), fill(9 + 3 * k)]
    gc.collect()
try:
    bytearray(1000000)
except MemoryError:
    pass
"""
THREADS = "import _thread, time\ndef f(n):\n    for i in range(n):\n        [i]\nfor k in range(3):\n    _thread.start_new_thread(f, (9,))\ntime.sleep(0.1)\n"


def at(folder, name):
    return os.path.join(CORPUS, folder, name)


def script(name, text):
    path = os.path.join(hs_test.scratch(), name)
    with open(path, "w") as f:
        f.write(text)
    return path


def ring(firmware, name, size):
    """Three boots in one ring; the last is killed."""
    path, work = at("fuzz_image", name), script("w.py", WORK)
    if os.path.exists(path):
        os.remove(path)
    for _ in range(2):
        hs_test.run_firmware(firmware, ["-X", "heapsize=16k", work], ring="%s:%s" % (path, size))
    endless = script("e.py", WORK + "while True:\n    fill(20)\n")
    child = subprocess.Popen([hs_test.firmware(firmware), "-X", "heapsize=16k", endless],
                             env=dict(os.environ, HEAPSTRATA_RING="%s:%s" % (path, size)))
    time.sleep(0.2)
    child.kill()
    child.wait()


def stream(firmware, name, text, **env):
    path = at("fuzz_stream", name)
    hs_test.run_firmware(firmware, ["-X", "heapsize=16k", script("w.py", text)], env=dict(env, HEAPSTRATA_OUT=path))


def pack(folder, name, into):
    done = hs_test.cli("import", at(folder, name), "-o", at("fuzz_hst", into))
    if done.status:
        sys.exit(done.err.decode())


def main():
    ring("unix64", "real-1k-unix64", "1k")
    ring("unix64", "real-2k-unix64", "2k")
    ring("unix64", "real-4k-unix64", "4k")
    ring("unix32", "real-2k-unix32", "2k")
    ring("unix32", "real-8k-unix32", "8k")
    stream("unix64", "real-unix64", WORK)
    stream("unix32", "real-unix32", WORK)
    stream("unix64", "real-stacks", WORK, HEAPSTRATA_STACKS="1")
    stream("unix64", "real-threads", THREADS)
    pack("fuzz_image", "real-2k-unix64", "real-image-2k-unix64.hst")
    pack("fuzz_image", "real-8k-unix32", "real-image-8k-unix32.hst")
    pack("fuzz_stream", "real-unix64", "real-stream-unix64.hst")
    pack("fuzz_stream", "real-stacks", "real-stacks-unix64.hst")
    pack("fuzz_stream", "real-threads", "real-threads.hst")
    subprocess.check_call([sys.executable, os.path.join(TESTS, "dumps", "dumps.py"), "--seeds", at("fuzz_text", "")])


if __name__ == "__main__":
    main()
