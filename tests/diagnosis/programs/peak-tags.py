# HS-HEAP-PEAK 18 @96k/96k
# A parser cuts off the record that it has read: what is left is copied again and again.


def make_image():
    # as it is read from flash
    image = bytearray(36000)
    for at in range(0, len(image), 90):
        image[at] = 88
    return image


def decode(data):
    total = 0
    while len(data) > 2:
        size = data[0]
        total += sum(data[2 : 2 + size])  #| total += sum(memoryview(data)[2 : 2 + size])
        data = data[2 + size :]  #| data = memoryview(data)[2 + size :]
    return total


image = make_image()
print(decode(image))
# advises: do without the new slices of peak-tags.py:18 decode: keep an offset into the data, or slice memoryview(data)
# advises not: write or send it
# advises not: join()
