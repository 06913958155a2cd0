# HS-FRAG-FAILED 12
# Names are kept between the lines that they were cut out of.
import gc


def parse(names):
    lines = []
    for i in range(40):
        line = bytes(1000)  #| line = b""
        lines.append(line)
        # a name of its own
        names.append("name-%d-of-the-many-that-were-read" % i)
    return names


names = parse([])
parse(names)
gc.collect()
page = bytearray(26000)
