# HS-HEAP-GROWING 5
# A default argument is made once and kept.
def measure(value, history=[]):
    for i in range(4):
        history.append(float(value + i) * 1.5)  #| history[:] = [float(value + i) * 1.5]
    return history

for n in range(100000):
    measure(n)
