# HS-HEAP-PEAK 13 @36k/24k
# A list is turned into one text, to be sent.
samples = [0] * 2500
for n in range(2500):
    samples[n] = 100000 + n


def send(text):
    return len(text)


def publish():
    return send(str(samples))  #| return sum(send(str(s)) for s in samples)


publish()
