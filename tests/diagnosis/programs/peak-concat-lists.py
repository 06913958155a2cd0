# HS-HEAP-PEAK 9 @48k/24k
# Two lists are put together to look at both.
morning = [0] * 1900
evening = [1] * 1900


def day():
    total = 0
    for value in morning + evening:  #| for value in (v for part in (morning, evening) for v in part):
        total += value
    return total


day()
