# HS-HEAP-PEAK 7 @32k/22k
# A table comes as text, and is compiled to be read.
text = "(" + "1," * 2500 + ")"

def table(text):
    # eval() compiles
    return eval(text)  #| return (int(text[1 + 2 * n:2 + 2 * n]) for n in range(2500))

sum(table(text))
