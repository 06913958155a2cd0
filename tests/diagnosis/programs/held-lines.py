# HS-HEAP-HELD !16 @64k/40k
# Many small blocks are held, in a heap whose free space is in pieces too.


def read_all(n):
    out = []
    for i in range(n):
        out.append("line %d of the configuration file" % i)
    return out


def parse(lines):
    return {line.split()[1]: len(line) for line in lines[:20]}


lines = read_all(400)
settings = parse(lines)
lines = lines  #| lines = None


def serve():
    frames = []
    for i in range(20):
        frames.append(bytearray(1200))
    return len(frames), len(settings)


print(serve())
