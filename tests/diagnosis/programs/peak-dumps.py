# HS-HEAP-PEAK 18 @52k/40k
# A structure is turned into one text.
import json


class Socket:
    def write(self, data):
        return len(data)


state = {}
for n in range(300):
    state["sensor-%04d" % n] = n * 1000
socket = Socket()


def publish():
    text = json.dumps([state] * 6)  #| text = ""; [socket.write(json.dumps(k)) for k in state for _ in range(1) if False]; [None for k in state if socket.write(json.dumps((k, state[k]))) < 0]
    socket.write(text)


publish()
# advises not: its final size at once
