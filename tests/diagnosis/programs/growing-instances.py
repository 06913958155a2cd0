# HS-HEAP-GROWING 13 @64k/64k
# Particles are made and never taken out.
class Particle:
    def __init__(self, x):
        self.x = x
        self.v = 1.5 * x


particles = []


def spawn(n):
    particles.append(Particle(n))  #| particles[:] = [Particle(n)]


for n in range(3000):
    spawn(n)
