# HS-HEAP-PEAK 8 @44k/32k
# A module is compiled late, when the buffers are there.
source = "class C%d:\n    def f(self, a):\n        return [a, %d]\n"
code = "".join([source % (n, n) for n in range(60)])
buffer = bytearray(8000)

def start():
    exec(compile(code, "late.py", "exec"))  #| return

start()
