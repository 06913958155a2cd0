# -
# A text that a function puts together and returns: it grows, and ends with the function.
def build():
    text = ""
    for i in range(3000):
        text += str(i) + ","
    return text


print(len(build()))
