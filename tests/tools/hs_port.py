# SPDX-License-Identifier: MIT
"""A serial port for a program that is tried: a pseudo terminal under a name of its own.

    port = hs_port.Port()
    run(["heapstrata", "record", "--serial", port.name, "x.py"])
    os.read(port.master, 4096)
    port.close()
"""
import os
import pty
import tty

import hs_test


class Port:
    """`name` is removed before the port is closed. The system gives the number of a closed pseudo terminal to the next one that
    is opened, for example the terminal of another test. A program that waits for its port to come back would open that one."""

    made = 0

    def __init__(self, name=None):
        Port.made += 1
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.name = name or os.path.join(hs_test.scratch(), "tty-%d" % Port.made)
        os.symlink(os.ttyname(self.slave), self.name)

    def close(self):
        os.remove(self.name)
        os.close(self.slave)
        os.close(self.master)
