# HS-HEAP-PEAK 8 @40k/22k
# The sum needs no list.
def adc(n):
    return n * 17 % 4096


def mean(count):
    return sum([adc(n) for n in range(count)]) // count  #| return sum(adc(n) for n in range(count)) // count


mean(100)
mean(4500)
