# SPDX-License-Identifier: MIT
# On the emulated board: streams over a UART that is driven from Python.
import heapstrata
import io
import machine


class Uart(io.IOBase):
    def __init__(self, base):
        self.base = base
        machine.mem32[base + 16] = 16
        machine.mem32[base + 8] |= 1

    @micropython.viper
    def send(self, bytes_: ptr8, n: int, base: int):
        data = ptr32(base)
        for i in range(n):
            while data[1] & 1:
                pass
            data[0] = bytes_[i]

    def write(self, data):
        self.send(data, len(data), self.base)
        return len(data)


def work():
    kept = []
    for i in range(6000):
        kept.append(bytearray(20 + i % 90))
        if i % 3:
            kept.pop(0)
        if len(kept) > 300:
            del kept[:100]


heapstrata.stop()
heapstrata.reset()
heapstrata.stream(Uart(UART_BASE), 4)
heapstrata.start()
work()
heapstrata.stop()
heapstrata.stream(None)
print(heapstrata.stats())
