# SPDX-License-Identifier: MIT
"""A real LTTng session daemon, for tests."""
import fcntl
import os
import signal
import tempfile

import hs_test


class Tracer:
    """A session daemon, and a relay daemon when wanted, in folders of their own."""

    def __init__(self):
        self.home = os.path.join(hs_test.scratch(), "home")
        os.makedirs(self.home, exist_ok=True)
        self.env = dict(os.environ, HOME=self.home, LTTNG_HOME=self.home, LTTNG_UST_ALLOW_BLOCKING="1")
        self.pid = os.path.join(self.home, "pid")
        self.relay = None

    def __enter__(self):
        # Root's session daemon is there once on a machine: one suite after the other.
        self.lock = open(os.path.join(tempfile.gettempdir(), "heapstrata-test-lttng.lock"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.run("lttng-sessiond", "--daemonize", "--no-kernel", "--pidfile=" + self.pid)
        return self

    def __exit__(self, *_):
        with open(self.pid) as f:
            os.kill(int(f.read()), signal.SIGTERM)
        if self.relay:
            self.relay.terminate()
            self.relay.wait(30)
        self.lock.close()

    def run(self, *command):
        done = hs_test.run(list(command), env=self.env)
        if done.status != 0:
            raise RuntimeError("%s ended with %s: %s" % (" ".join(command), done.status, done.err + done.out))
        return done.out.decode()

    def create(self, session, events, channel=(), contexts=(), create=()):
        """A session that records the events into the folder that is returned; `channel` and `create` are options."""
        folder = os.path.join(hs_test.scratch(), session)
        self.run("lttng", "create", session, *(create or ["--output=" + folder]))
        self.run("lttng", "enable-channel", "-u", "c", *channel)
        for event in events:
            self.run("lttng", "enable-event", "-u", "-c", "c", event)
        for context in contexts:
            self.run("lttng", "add-context", "-u", "-c", "c", "-t", context)
        self.run("lttng", "start")
        return folder
