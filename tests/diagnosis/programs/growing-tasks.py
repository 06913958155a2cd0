# HS-HEAP-GROWING 17
# says: a list in growing-tasks.Loop (class)
# Each request of a web server starts a task that waits for ever.
class Loop:
    waiting = []

    def start(self, task):
        next(task)
        if task:
            self.keep(task)

    def drop(self, task):
        pass

    def keep(self, task):
        # it is never resumed
        self.waiting.append(task)  #| self.waiting[:] = [task]


def serve(n):
    header = "GET /status/%d HTTP/1.1" % n
    parts = header.split(" ")
    yield len(parts)
    yield parts[1]


loop = Loop()
for n in range(3000):
    loop.start(serve(n))
