# HS-HEAP-GROWING !20 @64k/64k
# Answered requests stay in the list. No line makes a quarter of what it keeps, and only a variable of main() leads to it.
class Request:
    def __init__(self, at, answer):
        self.at = at
        self.answer = answer
        self.open = True


class Link:
    def __init__(self):
        self.clock = 0
        self.requests = []

    def send(self, wait, answer):
        request = Request(self.clock + wait, answer)
        if not request.open:
            return None
        # here it stays
        self.requests.append(request)  #| self.requests = [request]
        return request

    def step(self):
        self.clock += 7
        for request in self.requests:
            if request.open and request.at <= self.clock:
                request.open = False
                request.answer()


class Sensor:
    def __init__(self, link):
        self.link = link
        self.value = 0
        self.request = None

    def ask(self, value):
        text = bytearray(24)

        def answer():
            text[0] = value
            self.value += value
            self.request = None

        self.request = self.link.send(30, answer)


def main():
    link = Link()
    sensors = [Sensor(link) for _ in range(4)]
    n = 0
    while True:  #| while n < 3000:
        link.step()
        n += 1
        sensors[n % 4].ask(n & 15)


main()
