# HS-HEAP-PEAK 6 @44k/44k
# What was received becomes a text as a whole.
received = bytearray(24000)

def handle(data):
    text = data.decode()  #| text = memoryview(data)
    return len(text)

handle(received)
