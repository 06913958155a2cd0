# HS-COLLECT-OFF !6
# The collector is turned off in a function that sets up.
import gc as collector
def setup():
    collector.collect()
    collector.disable()  #| pass


def telemetry(step, angle):
    return "step=%d angle=%d error=%.3f" % (step, angle, (angle - 90) / 7)


setup()
sent = 0
for step in range(3000):
    sent += len(telemetry(step, step * 3 % 180))
