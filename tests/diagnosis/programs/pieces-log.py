# HS-FRAG-FAILED 13 @64k/64k
# Messages stay between the frames that were sent.
import gc

messages = []


def run():
    frames = []
    for n in range(28):
        frames.append(bytearray(1800))  #| frames.append(b"")
        # stays
        messages.append("frame %d was sent " % n * 8)
    return len(frames)


run()
gc.collect()
picture = bytearray(28000)
# advises: make the small blocks of pieces-log.py:13 run before the large ones
