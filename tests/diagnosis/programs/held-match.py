# HS-HEAP-HELD !14 @40k/38k
# says: a match of a regular expression in held-match.server (instance)
# advises: match.group(1)
# A match keeps the text that was searched.
import re


def answer(n):
    return "HTTP/1.1 200 OK\r\nServer: sensor-7\r\n" + "<p>" * n


class Server:
    def __init__(self, text):
        self.name = re.search("Server: (.*?)\r", text)  #| self.name = re.search("Server: (.*?)\r", text).group(1)


def ask():
    return Server(answer(5500))


server = ask()
for n in range(40):
    text = "request %d" % n
frame = bytearray(26000)
print(server.name, len(frame))
