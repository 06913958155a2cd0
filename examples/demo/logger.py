# SPDX-License-Identifier: MIT
# A data logger, as people write it. It reads frames from sensors into buffers, keeps a small summary of
# each, uploads the frames and lets them go. Then it wants one larger buffer, for a firmware update, and
# dies, although most of the heap is free.
import gc
from sensor import Sensor

BLOCK = 12 * 1024  # what the update wants in one piece


class Summary:
    def __init__(self, name, peak):
        self.name = name
        self.peak = peak


def summarise(sensor, frame):
    return Summary(sensor.name, max(frame))


def session(sensors, history):
    frames = []
    for sensor in sensors:
        for _ in range(8):
            frame = sensor.read()
            frames.append(frame)
            history.append(summarise(sensor, frame))
    return frames


def upload(frames):
    total = 0
    for frame in frames:
        total += sum(frame) & 0xFF
    return total


def main():
    sensors = [Sensor("s%d" % n, 300 + 90 * n) for n in range(6)]
    history = []
    sent = 0
    for _ in range(3):
        sent += upload(session(sensors, history))
    gc.collect()
    print("uploaded", sent, "- kept", len(history), "summaries")
    print("free: %d bytes, the update needs %d" % (gc.mem_free(), BLOCK))
    return bytearray(BLOCK)


main()
