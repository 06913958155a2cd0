# HS-HEAP-GROWING !20 @64k/40k
# says: the globals of __main__
# Faults of two lines are kept for ever. Two globals lead to the lines: the list, and the variable of the loop.
class Line:
    def __init__(self, number):
        self.number = number
        self.faults = []

    def look(self, n):
        return (self.number * 7 + n) % 5


class Fault:
    def __init__(self, n):
        self.n = n


def note(line, n):
    if line.look(n) < 4:
        line.faults.append(Fault(n))  #| line.faults = [Fault(n)]


lines = [Line(number) for number in range(2)]
for n in range(1500):
    for line in lines:
        note(line, n)
print(n)
