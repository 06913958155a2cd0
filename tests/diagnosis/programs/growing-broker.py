# HS-HEAP-GROWING 12
# says: growing-broker.broker
# Handlers are subscribed again at each reconnection of an MQTT client.
class Broker:
    def __init__(self):
        self.handlers = {}
        self.online = False

    def subscribe(self, topic, handler):
        if topic not in self.handlers:
            self.handlers[topic] = []
        self.handlers[topic].append(handler)  #| self.handlers[topic] = [handler]

    def publish(self, topic, value):
        for handler in self.handlers.get(topic, ())[:1]:
            handler(topic, value)


broker = Broker()
last = {}


def connect(n):
    def keep(topic, value):
        last[topic] = value

    for topic in ("home/temperature", "home/humidity", "home/door"):
        broker.subscribe(topic, lambda t, v, session=n: keep(t, v))


for n in range(2000):
    connect(n)
    broker.publish("home/door", n % 2)
