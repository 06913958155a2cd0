# HS-HEAP-GROWING 6 13
# Each callback keeps a buffer.
callbacks = []

def watch(n):
    buffer = bytearray(1000)

    def on_event():
        return buffer[n]
    return on_event

for i in range(100):
    callbacks.append(watch(i))  #| callbacks[:] = [watch(i)]
