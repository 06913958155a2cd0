# HS-HEAP-PEAK 8 @44k/44k
# A block of data is sent as text.
import binascii

block = bytes(16000)

def send(data):
    text = binascii.hexlify(data)  #| text = binascii.hexlify(data[:16])
    return text + b"\r\n"

send(block)
