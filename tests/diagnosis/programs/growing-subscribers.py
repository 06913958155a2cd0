# HS-HEAP-GROWING 7 @64k/64k
# Subscribers are added at each reconnection.
subscribers = {}


def subscribe(topic, handler):
    subscribers.setdefault(topic, []).append(handler)  #| subscribers[topic] = [handler]


def connect(n):
    state = bytearray(80)
    subscribe("temperature", lambda: state[n % 80])


for n in range(3000):
    connect(n)
# advises: let go of what growing-subscribers.py:7 subscribe adds to
