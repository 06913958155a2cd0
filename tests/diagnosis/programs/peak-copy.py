# HS-HEAP-PEAK 10 @52k/28k
# The queue is copied before it is worked through.
queue = [None] * 3900


def work():
    done = 0
    # items may be added meanwhile
    now = "now"
    for item in list(queue):  #| for item in queue:
        done += item is None
    return done


work()
