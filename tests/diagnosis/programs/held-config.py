# HS-HEAP-HELD 11 @40k/38k
# says: the global held-config.text
# The text of the configuration stays beside what was read from it.
import json

text = ""


def read_config():
    global text
    text = bytearray(22000)
    for i, c in enumerate(b'{"name": "gate", "rows": [7]}' + b" " * 30):
        text[i] = c
    value = json.loads(text[:40])  #| value = json.loads(text[:40]); text = None
    return {"name": value["name"], "rows": len(value["rows"])}


config = read_config()


class Server:
    def __init__(self, config):
        self.name = config["name"]
        self.body = None

    def reply(self, n):
        self.body = bytearray(n)
        return len(self.body)


print(Server(config).reply(23000))
