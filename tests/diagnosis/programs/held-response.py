# HS-HEAP-HELD 30 @42k/40k
# says: the global held-response.response
# The response of a web server stays beside the values that were read from it.
import json


class Response:
    def __init__(self, status, content):
        self.status = status
        self.content = content

    def json(self):
        return json.loads(self.content[:40])

    def close(self):
        self.status = 0


def get(url):
    content = bytearray(22000)
    for i, c in enumerate(b'{"now": 21, "days": [1, 2, 3]}' + b" " * 30):
        content[i] = c
    return Response(200, content)


def today(value):
    return value["now"], value["days"][0]


response = get("http://weather.example/today")
print(2, today(response.json()))  #| print(today(response.json())); response = None


def plot(n):
    canvas = bytearray(n)
    return len(canvas)


print(1, 2, 3, 4, plot(24000))
