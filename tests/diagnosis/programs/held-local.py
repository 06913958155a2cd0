# HS-HEAP-HELD 5 @60k/60k
# A local of a function that does not return.
def main():
    # set up
    config = bytes(30000)
    size = len(config)  #| size = len(config); config = None
    for n in range(2000):
        line = "line %d of %d" % (n, size)
    return bytearray(31000)


main()
