# SPDX-License-Identifier: MIT
# Each case locks the heap and then needs a block, on a line of its own. Both the line that MicroPython's
# traceback names and the site of the failed allocation must be that one.
import heapstrata
import micropython
import sys

if hasattr(micropython, "alloc_emergency_exception_buf"):
    micropython.alloc_emergency_exception_buf(1024)
lock = micropython.heap_lock


class Thing:
    def method(self):
        pass


thing = Thing()
full = [0, 1, 2, 3]
table = {1: 1}
text = "some text"
big = 1 << 70
half = 0.5
three = (1, 2, 3)


def build_list(a, b):
    lock()
    return [
        a, b]


def build_tuple(a, b):
    lock()
    x = 1

    return (a, b)


def build_map(a, b):
    lock()
    return {a: b}


def build_set(a, b):
    lock()
    return {a, b}


def slice_of(a, b):
    lock()
    a = 2
    return full[a:b]


def closure(a, b):
    lock()
    if b:
        return lambda: a


def start_generator(a, b):
    lock()
    for x in (y for y in full):
        pass


def comprehension(a, b):
    lock()
    c = [x for x in full]


def bound_method(a, b):
    lock()
    c = 1
    f = thing.method
    return f


def float_add(a, b):
    c = half
    lock()
    return (1 +
            c)


def long_int(a, b):
    lock()
    return big + a


def text_add(a, b):
    lock()
    return text + text


def text_format(a, b):
    lock()
    return f"{text} {a}"


def text_modulo(a, b):
    lock()
    return "%s %s" % (a, b)


def list_grows(a, b):
    c = full
    lock()
    while True:

        c.append(1)


def dict_grows(a, b):
    lock()
    i = 0
    while True:
        i += 1
        table[i] = i


def attribute(a, b):
    lock()
    thing.a = 1
    thing.b = 1
    thing.c = 1


def make_class(a, b):
    lock()

    class Inner:
        pass


def make_instance(a, b):
    lock()
    return Thing()


def unpack_rest(a, b):
    lock()
    c, *d = three


def star_call(a, b):
    lock()
    return max(*three,
               *full)


def iterate(a, b):
    lock()
    return list(
        three)


def raise_new(a, b):
    lock()
    try:
        nothing = a
    finally:
        c = bytes(20)


def with_defaults(a, b):
    lock()

    def inner(c=a):
        pass


def default_keyword(a, b):
    lock()

    def inner(*, c=a):
        pass


def in_callee(a, b):
    lock()
    return build_deeper(a)


def build_deeper(a):
    b = a
    return [b]


cases = (build_list, build_tuple, build_map, build_set, slice_of, closure, start_generator, comprehension, bound_method, float_add,
         long_int, text_add, text_format, text_modulo, list_grows, dict_grows, attribute, make_class, make_instance, unpack_rest,
         star_call, iterate, raise_new, with_defaults, default_keyword, in_callee)
for number, case in enumerate(cases):
    label = "case %d" % number
    try:
        heapstrata.mark(label)
        case(1, 2)
        micropython.heap_unlock()
        print("@%d needed no block" % number)
    except MemoryError as e:
        micropython.heap_unlock()
        print("@%d MemoryError" % number)
        sys.print_exception(e, sys.stdout)
    except BaseException as e:
        micropython.heap_unlock()
        print("@%d %r" % (number, e))
heapstrata.mark("end")
