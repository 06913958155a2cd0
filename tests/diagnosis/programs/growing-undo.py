# HS-HEAP-GROWING 10 @64k/64k
# Each state is kept to be able to go back.
class Editor:
    def __init__(self):
        self.text = bytearray(600)
        self.undo = []

    def type(self, n):
        # a copy of all
        self.undo.append(bytes(self.text))  #| self.undo = [bytes(self.text)]
        self.text[n % 600] = 65


editor = Editor()
for n in range(500):
    editor.type(n)
