# SPDX-License-Identifier: MIT


class Sensor:
    def __init__(self, name, size):
        self.name = name
        self.size = size
        self.seed = size

    def read(self):
        frame = bytearray(self.size)
        for i in range(0, self.size, 64):
            self.seed = (self.seed * 1103 + 12345) & 0xFFFF
            frame[i] = self.seed >> 8
        return frame
