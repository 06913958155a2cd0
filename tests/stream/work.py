# SPDX-License-Identifier: MIT
# work.py PORT ROUNDS BLOCKING CONNECTIONS: streams over TCP while it allocates, then says what it recorded.
import heapstrata
import socket
import sys
import time

port, rounds, blocking, connections = [int(x) for x in sys.argv[1:5]]
address = socket.getaddrinfo("127.0.0.1", port)[0][-1]


def connect():
    s = socket.socket()
    if not blocking:
        s.setsockopt(1, 7, 4096)  # SOL_SOCKET, SO_SNDBUF: as little as a board has
    s.connect(address)
    s.setblocking(bool(blocking))
    heapstrata.stream(s, 4)
    return s


def work(kept, n):
    for i in range(n):
        kept.append(bytearray(20 + i % 90))
        if i % 3:
            kept.pop(0)
        if len(kept) > 300:
            del kept[:100]
    time.sleep_ms(2)


kept = []
s = connect()
heapstrata.start()
start = time.ticks_ms()
for part in range(connections):
    for i in range(rounds):
        work(kept, 200)
    if part + 1 < connections:
        s.close()
        try:
            heapstrata.poll()
        except OSError:
            pass
        s = connect()
heapstrata.stop()
took = time.ticks_diff(time.ticks_ms(), start)
stats = heapstrata.stats()
for i in range(3000):
    if heapstrata.poll():
        break
    time.sleep_ms(1)
heapstrata.stream(None)
s.close()
stats["ms"] = took
print(stats)
