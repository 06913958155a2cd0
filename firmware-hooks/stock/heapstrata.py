# SPDX-License-Identifier: MIT
"""The names of HeapStrata's module, for MicroPython and CircuitPython firmware that was not built with it.

    import heapstrata                     # records from here on: prints samples of the heap (docs/stock.md)
    heapstrata.mark("loaded")
    with heapstrata.track("parse") as t:  # what a part of the program allocates, and what of it stays
        work()
    print(t.allocated, t.kept, t.garbage)
    @heapstrata.track
    def f(): ...

A firmware that has the module built in uses that one, and the same script records every allocation.
"""
import gc
import sys
import builtins

try:
    from micropython import mem_info
except ImportError:

    def mem_info(_):
        used = gc.mem_alloc()
        free = gc.mem_free()
        print("GC: total:", used + free, "used:", used, "free:", free)


try:
    from sys import print_exception
except ImportError:
    try:
        from traceback import print_exception  # CircuitPython
    except ImportError:

        def print_exception(value):
            print(repr(value))


try:
    from time import ticks_ms
except ImportError:
    try:
        from supervisor import ticks_ms
    except ImportError:
        ticks_ms = int  # no clock: 0

try:
    from micropython import schedule
    from machine import Timer
except ImportError:
    Timer = None

MASK = 0x1FFFFFFF  # ticks_ms() wraps, on CircuitPython at this
_on = _busy = False
_interval = 0
_last = _wait = _samples = 0
_used = 1
# Modules without a file of their own are not in sys.modules. Thonny and mpremote import some of these after the script, and do not
# expect that anything is printed.
BUILTIN = ("builtins", "gc", "machine", "micropython", "os", "sys", "time", "uos")
_timer = _real = None


def _say(name, what="mark"):
    """_wait: milliseconds from the last sample to the next one by the timer: 25 times as long as all samples so far took, also
    those at marks, and in proportion to the memory that is in use, since a map of more blocks is longer. 32768: what is in a map
    of an empty heap."""
    global _busy, _last, _wait, _samples, _used
    if _busy or not _on:
        return
    used = gc.mem_alloc() + 32768
    _wait = _wait // 8 * (used * 8 // _used)
    _used = used
    now = ticks_ms()
    if what == "time" and (now - _last & MASK) <= _wait:
        return
    _busy = True
    _wait = max(_wait - (now - _last & MASK), 0)
    print("\nHS:S", now, what, name)
    mem_info(1)
    _last = ticks_ms()
    print("HS:E", _last)
    _samples += 1
    _wait += (_last - now & MASK) * 25
    _busy = False


# Firmware up to 1.26 takes the package of a relative import from the globals of __import__'s caller. Where __import__ is replaced that
# is _load(), which then has the name of the module whose body runs: locals(). A function of a package that imports relatively
# later cannot be known, so there the first package that was imported is the last import that is noticed. Newer firmware passes `b`.
# The helper of `heapstrata record` has this function too, but for lines with the word "sample".
def _load(name, b=None, e=None, r=None, pop=0):
    global __name__
    key = _on and not pop and name not in sys.modules
    key = key and name not in BUILTIN  # no samples of these
    if key:
        gc.collect()
        _say(name, "before")
    e = b
    if pop:
        b = b or locals()
        __name__ = b["__name__"] + "." * ("__path__" in b)
    b = _real(name, e, None, r, pop)
    if not e and (pop or "." in name or hasattr(b, "__path__")):
        builtins.__import__ = _real
    if key:
        gc.collect()
        _say(name, "import")
        sys.modules.setdefault(name, b)  # what is built in is not there by itself; it is noticed once
    return b


def _later(_):
    _say("", "time")


def _tick(_):  # also while a sample is printed: it must not allocate then
    if _on and not _busy and (ticks_ms() - _last & MASK) > _wait:
        try:
            schedule(_later, 0)
        except RuntimeError:
            pass  # too much is scheduled


def _timer_of(number, ms):
    timer = Timer(number)
    if hasattr(timer, "init"):
        timer.init(period=ms, mode=Timer.PERIODIC, callback=_tick)
    else:  # nRF: microseconds, and it has to be started
        timer = Timer(number, period=ms * 1000, mode=Timer.PERIODIC, callback=_tick)
        timer.start()
    return timer


def _every(ms):
    """Samples at intervals, where there is a timer; 0: no longer."""
    global _timer, _interval
    _interval = 0
    if _timer:
        _timer.deinit()
        _timer = None
    for number in (-1, 3, 2, 1, 0) if ms and Timer else ():
        try:
            _timer = _timer_of(number, ms)
            _interval = ms
            return
        except Exception:
            pass  # not a timer of this board, or in use


def _firmware():
    """As in the line that a firmware prints at its start; up to 1.18 sys.version has Python's version only."""
    its = sys.implementation
    name = sys.version.split("; ")[-1]
    if name == sys.version:
        name = "MicroPython v" + ".".join([str(n) for n in its.version[:3]])
    return name + "; " + getattr(its, "_machine", sys.platform)


def start(stacks=False, level=None, interval=None, script=None):
    """Records; the arguments are those of the built-in module, and have no effect here."""
    global _on, _real
    _on = True
    if not _real:
        _real = builtins.__import__
        try:
            builtins.__import__ = _load
        except AttributeError:
            pass  # this firmware's built-in functions cannot be replaced: imports are not noticed
    print(_firmware())
    print("HS:I", _interval)
    gc.collect()
    _say("", "start")


def stop():
    global _on
    _on = False


def _leave():
    """For `heapstrata record`, which sends a helper of its own."""
    global _real
    stop()
    _every(0)
    if _real and builtins.__import__ == _load:
        builtins.__import__ = _real
        _real = None
    sys.modules.pop("heapstrata", None)


def mark(label):
    _say(label)


def snapshot(refs=False):
    _say("", "snapshot")


def stats():
    return {"level": "snapshots", "recording": int(_on), "records": _samples, "lost": 0}


def reset():
    global _samples
    _samples = 0


def refs(when):
    pass


def poll():
    return True


def dump(to=None):
    _say("", "snapshot")


def stream(to, every=8):
    if to is not None:
        raise NotImplementedError("only a firmware with HeapStrata built in has a stream")


class _Track:
    """allocated: bytes that a part of the program allocated and did not free itself; garbage: of these, what nothing refers to
    at its end; kept: the rest. The collector runs before and after. When it also ran meanwhile, because the heap was full, `kept`
    is right, and the others do not have what it freed."""

    # The helper of `heapstrata record` has the lines from here on too, but for those with the word "sample".
    def __enter__(self):
        self.before.append(0)
        gc.collect()
        self.before[-1] = gc.mem_alloc()
        return self

    def __exit__(self, kind, value, traceback):  # short: its frame must not be a block of the heap
        self.allocated = gc.mem_alloc()
        self._sample_failure(value)
        gc.collect()
        self.kept = gc.mem_alloc()
        self._end()

    def _end(self):
        self.garbage = self.allocated - self.kept
        before = self.before.pop()
        self.allocated -= before
        self.kept -= before
        if _on:
            print("HS:T", self.label, "allocated:", self.allocated, "kept:", self.kept, "garbage:", self.garbage)

    def __call__(self, function):
        def tracked(*args, **named):
            with self:
                return function(*args, **named)

        return tracked

    def track(what):
        self = _Track()
        self.label = getattr(what, "__name__", what)
        self.allocated = self.kept = self.garbage = 0
        self.before = []
        return self(what) if callable(what) else self

    # End of what the helper has.
    def _sample_failure(self, value):
        if value is not None and _on and not isinstance(value, SystemExit):
            print_exception(value)
            _say(self.label, "raised")


track = _Track.track  # a context manager and decorator: track("label"), or @track for a function


_every(1000)
start()
