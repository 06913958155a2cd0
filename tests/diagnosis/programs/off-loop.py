# HS-COLLECT-OFF 8
# The collector was switched off for a measurement and never on again.
import gc

gc.disable()  #| gc.enable()
total = 0
for n in range(4000):
    text = "line %d of the log" % n
    total += len(text)
