# HS-HEAP-PEAK 9 @44k/44k
# A bytearray is copied to be sent as bytes.
class Radio:
    def send(self, data):
        return len(data)


def transmit(radio, frame):
    return radio.send(bytes(frame))  #| return radio.send(frame)


frame = bytearray(26000)
transmit(Radio(), frame)
