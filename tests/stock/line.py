# SPDX-License-Identifier: MIT
"""A board's serial port as a pseudo terminal; all that the board sends is kept.

    with Line(read, write) as line:       # read: a file descriptor; write: a function of bytes
        run(["heapstrata", "record", "--serial", line.name, "x.py"])
        line.seen
        line.unplug()
"""
import os
import select
import threading

import hs_port


class Line(threading.Thread):
    def __init__(self, read, write):
        super().__init__(daemon=True)
        self.read, self.write = read, write
        self.seen = b""
        self.port = hs_port.Port()
        self.name = self.port.name
        self.wake = os.pipe()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.unplug()
        for fd in self.wake:
            os.close(fd)

    def unplug(self):
        """The other end sees that the line is closed."""
        if self.port:
            os.write(self.wake[1], b".")
            self.join(30)
            self.port.close()
            self.port = None

    def run(self):
        master = self.port.master
        while True:
            ready = select.select([self.read, master, self.wake[0]], [], [])[0]
            if self.wake[0] in ready:
                return
            if self.read in ready:
                data = os.read(self.read, 4096)
                if not data:
                    return
                self.seen += data
                while data:
                    data = data[os.write(master, data):]
            if master in ready:
                try:
                    self.write(os.read(master, 4096))
                except OSError:  # no process has the terminal open at present
                    return
