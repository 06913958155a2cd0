# HS-HEAP-GROWING =10 !10 @40k/38k
# says: in a loop without an end
# advises: keep only the last part
# A console keeps all that was written, as one text.
class Console:
    def __init__(self):
        self.text = ""

    def write(self, line):
        self.text += line + "\n"  #| self.text = self.text[-500:] + line + "\n"

    def shown(self):
        return self.text


def main():
    n = 0
    while True:
        console.write("event %d happened" % n)
        n += 1
        if n == 2000:
            raise SystemExit


console = Console()
main()
