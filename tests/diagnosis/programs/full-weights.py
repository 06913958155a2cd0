# HS-HEAP-FULL 9 @40k/24k
# A net's weights as numbers that are objects take most of the heap; the line that fails makes its buffer by way of another one.
import array


class Net:
    weights = [0.0] * 700
    for i in range(700):
        weights[i] = (i * 31 % 97 - 48) * 0.02  #| weights[i] = 1

    def __init__(self):
        self.inputs = array.array("h", bytes(5000))

    def run(self):
        return sum(w * x for w, x in zip(Net.weights, self.inputs))


net = Net()
print(net.run())
