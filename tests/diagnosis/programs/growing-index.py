# HS-HEAP-GROWING 10
# says: growing-index.devices
# Entries are in a list by time and in a dict by address.
class Devices:
    def __init__(self):
        self.by_address = {}
        self.by_time = []

    def seen(self, address, rssi):
        self.by_address[address] = entry = [address, rssi, 0]  #| entry = [address, rssi, 0]
        self.by_time.append(entry)  #| self.by_time[:] = [entry]
        return entry


devices = Devices()
for n in range(4000):
    devices.seen("24:0a:c4:%02x:%02x" % (n >> 8, n & 255), -40 - n % 50)
