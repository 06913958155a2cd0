# HS-FRAG-FAILED 16
# Small results are kept between large buffers that go.
import gc


class Summary:
    def __init__(self, n):
        self.n = n


def session(keep):
    frames = []
    for i in range(34):
        frames.append(bytearray(1200))  #| pass
        # a small object right after each frame
        keep.append(Summary(i))


keep = []
session(keep)
session(keep)
gc.collect()
update = bytearray(26000)
