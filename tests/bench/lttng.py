# SPDX-License-Identifier: MIT
"""LTTng-UST over the synthetic stream, in a session daemon of its own."""
import os
import signal
import statistics
import subprocess

import common

NAME = "LTTng-UST"


def session(folder, events, runs):
    """Leaves a trace in `folder`; returns (median ns, bytes) an event and the number of events."""
    program = common.compile_c("lttng_peer", ["tests/bench/lttng_peer.c", "tests/bench/synthetic_stream.c"],
                               "-llttng-ust", "-ldl", "-lm")
    environ = dict(os.environ, HOME=folder, LTTNG_HOME=folder, LTTNG_UST_ALLOW_BLOCKING="1")
    trace, pid = os.path.join(folder, "trace"), os.path.join(folder, "pid")

    def command(*arguments):
        subprocess.run(arguments, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    command("lttng-sessiond", "--daemonize", "--no-kernel", "--pidfile=" + pid)
    try:
        command("lttng", "create", "bench", "--output=" + trace)
        command("lttng", "enable-channel", "-u", "c", "--blocking-timeout=inf", "--subbuf-size=1M", "--num-subbuf=8")
        command("lttng", "enable-event", "-u", "-c", "c", "hs_bench:*")
        command("lttng", "start")
        found = [[float(x) for x in common.output(program, str(events), env=environ, timeout=300).split()]
                 for _ in range(runs)]
        command("lttng", "destroy")
    finally:
        with open(pid) as f:
            os.kill(int(f.read()), signal.SIGTERM)
    size = sum(os.path.getsize(os.path.join(base, f)) for base, _, files in os.walk(trace) for f in files)
    total = sum(n for _, n in found)
    return statistics.median(ns for ns, _ in found), size / total, total
