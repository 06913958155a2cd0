# HS-HEAP-PEAK !13 !8 @96k/48k
# Texts of two sizes from one line are joined: two calls, thus two places in it.


def lines(count):
    out = []
    for i in range(count):
        out.append("%d,%d\n" % (i, i * 3) if i % 3 else "# mark %d of the file, with words\n" % i)
    return out


def csv(count):
    return "".join(lines(count))  #| return "".join(lines(count // 8))


for n in (100, 400, 800):
    print(len(csv(n)))
