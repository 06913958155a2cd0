# HS-HEAP-GROWING 12 @64k/64k
# A timer for each message, none is ever cancelled.
class Scheduler:
    def __init__(self):
        self.queue = []

    def after(self, seconds, action):
        entry = (seconds, action)
        if seconds < 0:
            return
        # here it stays
        self.queue.append(entry)  #| self.queue = [entry]


scheduler = Scheduler()
for n in range(4000):
    scheduler.after(n, lambda n=n: n)
