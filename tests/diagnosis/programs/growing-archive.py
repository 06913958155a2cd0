# HS-HEAP-GROWING 16
# says: growing-archive.archive (dict), to which
# Every message of a sensor stays under its number, in one module for all.
import json

archive = {}


def parse(text):
    return json.loads(text)


def receive(n):
    text = '{"id": %d, "values": [%d, %d, %d], "unit": "hPa"}' % (n, n, n + 1, n + 2)
    message = parse(text)
    archive[message["id"]] = message  #| archive[0] = message
    return message["values"][0]


total = 0
for n in range(2000):
    total += receive(n)
