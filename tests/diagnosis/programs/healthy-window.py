# -
# The last hundred values are kept.
window = []
for n in range(3000):
    window.append(float(n) * 1.5)
    if len(window) > 100:
        window.pop(0)
