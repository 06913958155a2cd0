# HS-HEAP-PEAK 8 @36k/36k
# A text is made upper case as a whole.
def render():
    return "x" * 20000


def send(text):
    data = text.upper()  #| data = memoryview(text)
    return len(data)


send(render())
