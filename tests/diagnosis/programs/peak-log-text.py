# HS-HEAP-PEAK 10 @64k/64k
# advises not: buffer = None
# A log is one text that becomes longer.
class Log:
    def __init__(self):
        self.text = ""

    def write(self, line):
        # all text so far, and one line more
        self.text = self.text + line + "\n"  #| self.text = line + "\n"


log = Log()
for n in range(1200):
    log.write("%05d the pump is running" % n)
