# HS-FRAG-FAILED 20 9 @36k/32k
# Half of the orders are done: what they took is between those that stay. The loop that kept them has ended long before.
class Kitchen:
    def __init__(self):
        self.orders = {}

    def take(self, number):
        if number not in self.orders:
            self.orders[number] = bytearray(700)  #| self.orders[number] = room[number * 700 : number * 700 + 700]
        return self.orders[number]

    def serve(self):
        for number in [n for n in self.orders if n % 2]:
            del self.orders[number]


class Bill:
    def __init__(self, kitchen):
        self.lines = len(kitchen.orders)
        self.page = bytearray(10000)  #| self.page = page


page = bytearray(10)  #| page = bytearray(10000)
room = b""
kitchen = Kitchen()
for number in range(34):
    kitchen.take(number)[0] = 1  #| kitchen.take(number)
kitchen.serve()
bill = Bill(kitchen)
print(bill.lines, len(bill.page))
# advises: no allocation fails up to its end at best (the trace does not show when garbage was let go of), and the smallest heap
# advises: bytes at best, and at worst it does not fall
