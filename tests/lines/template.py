# SPDX-License-Identifier: MIT
# Each ALLOC(), LIST(), TEXT() or PADDED becomes an allocation of a size of its own, or one that cannot be:
# lines.py fills them in; no line may be inserted or removed by that. At @CUT a firmware with room for few
# sites begins anew.
import linesmodule
import sys

top = ALLOC()


def function():
    a = 1
    b = ALLOC()
    return a, b


function()


def defaults(a, b=ALLOC(), *, c=ALLOC()):
    return a


defaults(1)


def multiline(a,
              b):
    return (a,
            b,
            ALLOC(),
            LIST())


multiline(
    1,
    ALLOC(),
)


class Plain:
    attribute = ALLOC()

    def __init__(self):
        self.x = ALLOC()

    def method(self):
        for i in range(2):
            if i:
                self.y = LIST()

    @staticmethod
    def static():
        return ALLOC()

    @classmethod
    def of_class(cls):

        return ALLOC()

    @property
    def prop(self):
        return TEXT()

    def __getattr__(self, name):
        return ALLOC() if name == "dynamic" else None

    def __add__(self, other):
        return ALLOC()

    def __len__(self):
        return len(ALLOC())

    def __iter__(self):
        return iter(ALLOC())

    def __getitem__(self, i):
        return (ALLOC(), i)


class Derived(Plain):
    def __init__(self):
        super().__init__()
        self.z = ALLOC()

    def method(self):
        Plain.method(self)
        return ALLOC()


for cls in (Plain, Derived):
    p = cls()
    p.method()
    p.static()
    p.of_class()
    p.prop
    p.dynamic
    p + p
    len(p)
    iter(p)
    p[ALLOC()
        and 1]


@CUT
def outer(n):
    free = n

    def inner():
        return free, ALLOC()

    def deeper():
        def deepest():
            nonlocal free
            free = ALLOC()

        deepest()
        return LIST()

    inner()
    deeper()
    return lambda: (free,
                    ALLOC())


outer(1)()

anonymous = lambda: ALLOC()
anonymous()


def generator(n):
    first = ALLOC()
    for i in range(n):
        received = yield i

        second = ALLOC()
    yield from inner_generator()
    try:
        yield ALLOC()
    finally:
        last = ALLOC()


def inner_generator():
    yield 1
    yield ALLOC()


for _ in generator(2):
    pass
list(generator(1))

comprehension = [len(ALLOC()) for _ in range(2)]
nested = [[len(ALLOC())
           for x in range(2)]
          for y in range(2)]
as_dict = {k: len(ALLOC()) for k in range(2)}
as_set = {len(ALLOC()) for k in range(2)}
expression = (len(ALLOC()) for k in range(2))
list(expression)
filtered = [k for k in range(3) if
            ALLOC()]


@CUT
def decorator(f):
    kept = ALLOC()

    def wrapper(*args):
        before = ALLOC()
        return f(*args)

    return wrapper


def maker(argument):
    return decorator


@maker(
    ALLOC()
)
@decorator
def decorated(x):
    return ALLOC()


decorated(1)


def handlers(error):
    try:
        before = ALLOC()
        raise error
    except KeyError as e:
        in_handler = ALLOC()
    except ValueError:
        try:
            raise KeyError(LIST())
        except KeyError:
            deep = ALLOC()
    else:
        never = 1
    finally:
        in_finally = ALLOC()
    after = ALLOC()


handlers(KeyError(1))
handlers(ValueError(2))


class Reraised(Exception):
    def __init__(self, *args):
        self.big = ALLOC()


def chain():
    try:
        raise Reraised(1)
    except Reraised as e:
        raise ValueError(ALLOC()) from e


try:
    chain()
except ValueError:
    pass


@CUT
class Context:
    def __enter__(self):
        self.a = ALLOC()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not MemoryError:
            self.b = ALLOC()


def managed():
    with Context() as c, \
            Context() as d:
        body = ALLOC()

    with open_nothing(ALLOC()):
        pass
    return LIST()


def open_nothing(x):
    return Context()


managed()


def formatting(a, n):
    first = f"{a:>PADDED}"
    second = "{:>{}}".format(a, PADDED)
    third = (f"{a}"
             f"{ALLOC()[0]}")
    return "%PADDEDd" % n


formatting("x", 1)


@CUT
def flow(n):
    while n and ALLOC():
        n -= 1
    for x in ALLOC():
        break
    if n or \
            LIST():
        y = 1 if ALLOC() else 0
    assert ALLOC(), "no"
    z = [0]
    z[0] = ALLOC()
    z += LIST()
    del z
    return ALLOC()


flow(1)


def stars(*args, **kwargs):
    return ALLOC()


stars(*(1, ALLOC()), **{"k": ALLOC()})
stars(1, k=
      ALLOC())


@CUT
def recursive(n):
    if n == 0:
        return ALLOC()
    return recursive(n - 1)


recursive(5)
# Native code calls back.
ordered = sorted([3, 1, 2], key=lambda x: len(ALLOC()) + x)
mapped = list(map(lambda x: ALLOC(), [1]))
best = max([1, 2], key=
           lambda x: (ALLOC(), x)[1])
reduced = sum(len(ALLOC()) for _ in range(2))


def many_on_a_line(a, b, c):
    return ((a + b) * (b + c) - (a + c) * 2 + 3 * a + 4 * b + 5 * c, [a, b, c, a, b, c], {"a": a, "b": b, "c": c}, (a, b, c), a + b + c + a + b + c + a + b + c, (ALLOC(), a, b), [a * 2, b * 3, c * 4, a * 5])


many_on_a_line(1, 2, 3)
@CUT
# A gap that takes more than one line-number byte.
def gap(a):
    b = a
@GAP 45
    c = ALLOC()
@GAP 300
    d = ALLOC()
@GAP 2100
    return LIST()


gap(1)
code = compile("q = 1\n\ndef compiled():\n    return ALLOC()\n\ncompiled()\nr = ALLOC()\n", "made.txt", "exec")
exec(code)
exec("s = 1\nt = ALLOC()\n")
assert eval("len(ALLOC())")
linesmodule.called(1)
linesmodule.Thing().method()
from linespackage.inside import again
again()


@CUT
async def coroutine():
    await other_coroutine()
    return ALLOC()


async def other_coroutine():
    a = ALLOC()


try:
    coroutine().send(None)
except StopIteration:
    pass
sys.stdout.write("end\n")
last = ALLOC()
