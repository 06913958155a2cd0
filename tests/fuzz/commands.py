# SPDX-License-Identifier: MIT
"""Every command on mutated traces (mutate.c) of real firmwares: by clang's sanitizers nothing is found, and the program as
built takes less than 512 MB and 20 s. A share with a fixed seed; with HS_SOAK=1 ten minutes from a seed that is printed.
`run SEED` begins elsewhere, `run SEED N` tries one trace with all commands. What was found is kept in build/tests/fuzz."""
import concurrent.futures
import glob
import itertools
import os
import random
import resource
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tools"))
import hs_commands  # noqa: E402
import hs_test  # noqa: E402

SOAK = os.environ.get("HS_SOAK") == "1"
SECONDS = 600      # when soaking
SHARE = 500        # commands otherwise
BATCH = 100        # traces made at a time
MEMORY = 512 << 20
CPU = 20           # seconds, and as a limit on the processor's time: a busy machine fails nothing
SANITIZED = os.path.join(hs_test.BUILD, "variants", "heapstrata-clang")
MUTATE = os.path.join(hs_test.BUILD, "tests", "fuzz", "mutate")
tap = hs_test.Tap()


def corpus():
    """Streams and images: of programs run now, and the seeds of the other fuzzers that are of that kind."""
    script = os.path.join(HERE, "..", "files", "small.py")
    paths = []
    for i, (firmware, env) in enumerate(((f, e) for f in hs_test.UNIX for e in ({}, {"HEAPSTRATA_STACKS": "1"}, {"HEAPSTRATA_LEVEL": "sampled:512"},
                                                                                {"HEAPSTRATA_LEVEL": "summary"}))):
        stream, image = [os.path.join(hs_test.scratch(), "%d.%s" % (i, kind)) for kind in ("stream", "image")]
        hs_test.run_firmware(firmware, ["-X", "heapsize=40k", script], trace=stream, env=env)
        hs_test.run_firmware(firmware, ["-X", "heapsize=40k", script], ring=image + ":8k", env=env)
        paths += [stream, image]
    return paths + sorted(glob.glob(os.path.join(HERE, "corpus", "fuzz_stream", "*")) + glob.glob(os.path.join(HERE, "corpus", "fuzz_image", "*")))


def limits():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(program, command, trace, folder):
    """What is wrong; None: nothing."""
    out = os.path.join(folder, "out")
    args = [program] + hs_commands.fill(command, trace=trace, other=trace, out=out)
    with open(os.path.join(folder, "err"), "w+b") as err:
        child = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err, cwd=folder, preexec_fn=limits,
                                 env={**os.environ, **hs_test.SANITIZERS, "TMPDIR": folder})
        _, how, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(how)
        err.seek(0)
        text = err.read()[-3000:].decode(errors="replace")
    left = [name for name in os.listdir(folder) if name not in ("err", "out")]
    if os.path.isfile(out):
        os.remove(out)  # of an earlier file a damaged import is kept apart
    shutil.rmtree(out, ignore_errors=True)
    if child.returncode not in (0, 1, 2):
        return "status %d\n%s" % (child.returncode, text)
    if child.returncode == 2 and not text:
        return "status 2 and no word of why"
    if program == hs_test.CLI and usage.ru_maxrss * 1024 > MEMORY:
        return "takes %d MB" % (usage.ru_maxrss >> 10)
    if program == hs_test.CLI and usage.ru_utime + usage.ru_stime > CPU:
        return "takes %.0f s" % (usage.ru_utime + usage.ru_stime)
    return "leaves %s" % left if left else None


def tries(seed, sources):
    """(number of the trace, its path, command), without end."""
    for first in itertools.count(seed, BATCH):
        folder = os.path.join(hs_test.scratch(), "traces-%d" % first)
        os.makedirs(folder)
        subprocess.run([MUTATE, str(first), str(BATCH), folder] + sources, check=True)
        for i in range(BATCH):
            yield first + i, os.path.join(folder, str(i)), random.Random(first + i).choice(hs_commands.READERS)


def one(job):
    number, trace, (name, command) = job
    folder = os.path.join(hs_test.scratch(), "run-%d-%s" % (number, name.replace(" ", "-")))
    os.makedirs(folder)
    wrong = next((w for p in (SANITIZED, hs_test.CLI) for w in [run(p, command, trace, folder)] if w), None)
    shutil.rmtree(folder)
    if not wrong:
        return None
    kept = os.path.join(hs_test.BUILD, "tests", "fuzz", "command-%d" % number)
    shutil.copy(trace, kept)
    return "%s, kept as %s: %s" % (name, kept, wrong)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else int(time.time()) if SOAK else 1
    sources, end = corpus(), time.monotonic() + SECONDS
    tap.note("seed %d" % seed)
    found, done = [], 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        if len(sys.argv) > 2:
            _, trace, _ = next(tries(int(sys.argv[2]), sources))
            found, done = [f for f in pool.map(one, [(int(sys.argv[2]), trace, c) for c in hs_commands.READERS]) if f], len(hs_commands.READERS)
        else:
            jobs = tries(seed, sources)
            while time.monotonic() < end and (SOAK or done < SHARE) and len(found) < 20:
                batch = list(itertools.islice(jobs, BATCH))
                found += [f for f in pool.map(one, batch) if f]
                shutil.rmtree(os.path.dirname(batch[0][1]))
                done += len(batch)
    tap.check("%d commands on mutated traces" % done, not found, "\n".join(found))
    tap.finish()


main()
