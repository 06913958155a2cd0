# HS-HEAP-PEAK 7 @52k/28k
# A list becomes a tuple to be kept.
values = [0] * 3500


def freeze(values):
    return tuple(values)  #| return values


freeze(values)
