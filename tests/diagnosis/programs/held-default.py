# HS-HEAP-HELD 6 @39k/38k
# says: the global held-default.title
# The default argument of a function that is only called at the start.
import gc

def title(text, font=bytes(i & 127 for i in range(20000))):
    width = 0
    for letter in text:
        width += font[ord(letter) * 8]
    return width


print(title("Weather station"))  #| print(title("Weather station")); del title; gc.collect()


def chart():
    points = bytearray(24000)
    return len(points)


print(chart())
