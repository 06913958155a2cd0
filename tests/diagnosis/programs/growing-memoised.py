# HS-HEAP-GROWING 10
# says: growing-memoised.dew_point (closure)
# A decorator keeps each result of the function.
def memoise(function):
    results = {}

    def call(*arguments):
        if arguments in results:
            return results[arguments]
        results[arguments] = result = function(*arguments)  #| result = function(*arguments)
        return result

    return call


@memoise
def dew_point(temperature, humidity):
    return "%.2f C at %.1f%%" % (temperature - (100 - humidity) / 5, humidity)


longest = 0
for n in range(6000):
    longest = max(longest, len(dew_point(n * 0.01, n % 100)))
