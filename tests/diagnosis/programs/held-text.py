# HS-HEAP-HELD 18 @46k/46k
# says: the local variable text of main
# The text of a configuration is between the free runs while main() runs.
import json


def read_file():
    return '{"a": 1, "pad": "' + "x" * 9000 + '"}'


def serve(config):
    for i in range(100):
        line = "ok %d" % config["a"]
    return len(bytearray(26000))


def main():
    text = read_file()
    config = json.loads(text)
    config = {"a": config["a"]}  #| config = {"a": config["a"]}; text = None
    return serve(config)


print(main())
