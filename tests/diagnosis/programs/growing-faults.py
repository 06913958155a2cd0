# HS-HEAP-GROWING !14 @48k/36k
# says: in lists, dicts or sets to which growing-faults.py:14 fault adds (self.faults)
# says: one of several that hold them
# Devices that each keep what failed: no one list keeps most of it, and the statement that adds is on several lines.


class Device:
    def __init__(self, unit):
        self.unit = unit
        self.faults = []

    def fault(self, n):
        self.worst = n  #| self.faults[:-1] = []
        self.faults.append(
            (
                n,
                "unit %d" % self.unit,
                n * 0.5,
            )
        )


class Box:
    def __init__(self, count):
        self.devices = [Device(n) for n in range(count)]

    def poll(self, n):
        for device in self.devices:
            if device.unit == 1 or device.unit == 4:
                device.fault(n)


def main():
    box = Box(6)
    n = 0
    while n < 3000:
        box.poll(n)
        n += 1
    print(n)


main()
