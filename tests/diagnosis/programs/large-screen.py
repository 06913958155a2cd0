# HS-HEAP-TOO-SMALL 4
# A frame buffer of 320 by 240 pixels of 16 bits.
width, height = 320, 240
screen = bytearray(width * height * 2)  #| screen = bytearray(width * 2)
