# HS-HEAP-PEAK 9 @44k/24k
# A dict is copied for each change.
settings = {}
for n in range(800):
    settings[n] = n


def changed(key, value):
    new = dict(settings)  #| new = settings
    new[key] = value
    return new


changed(3, 4)
