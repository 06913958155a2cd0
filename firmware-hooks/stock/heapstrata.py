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
_last = _wait = _samples = 0
_used = 1
# Modules without a file of their own are not in sys.modules. Thonny and mpremote import some of these after the script, and do not
# expect that anything is printed.
_builtin = ["builtins", "gc", "machine", "micropython", "os", "sys", "time", "uos"]
_timer = _import = None


def _say(what, name=""):
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


def _load(name, a=None, b=None, c=None, level=0):
    if level or not _on or name in sys.modules or name in _builtin:
        return _import(name, a, b, c, level)
    gc.collect()
    _say("before", name)
    module = _import(name, a, b, c, level)
    gc.collect()
    _say("import", name)
    if name not in sys.modules:
        _builtin.append(name)
    return module


def _later(_):
    _say("time")


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
    """Samples at intervals, where there is a timer; 0: no longer. Returns whether there is one."""
    global _timer
    if _timer:
        _timer.deinit()
        _timer = None
    for number in (-1, 3, 2, 1, 0) if ms and Timer else ():
        try:
            _timer = _timer_of(number, ms)
            return True
        except Exception:
            pass  # not a timer of this board, or in use
    return False


def _firmware():
    """As in the line that a firmware prints at its start; up to 1.18 sys.version has Python's version only."""
    its = sys.implementation
    name = sys.version.split("; ")[-1]
    if name == sys.version:
        name = "MicroPython v" + ".".join([str(n) for n in its.version[:3]])
    return name + "; " + getattr(its, "_machine", sys.platform)


def start(stacks=False, level=None, interval=None, script=None):
    """Records; the arguments are those of the built-in module, and have no effect here."""
    global _on, _import
    _on = True
    if not _import:
        _import = builtins.__import__
        try:
            builtins.__import__ = _load
        except AttributeError:
            pass  # this firmware's built-in functions cannot be replaced: imports are not noticed
    print(_firmware())
    gc.collect()
    _say("start")


def stop():
    global _on
    _on = False


def _leave():
    """For `heapstrata record`, which sends a helper of its own."""
    global _import
    stop()
    _every(0)
    if _import and builtins.__import__ == _load:
        builtins.__import__ = _import
        _import = None
    sys.modules.pop(__name__, None)


def mark(label):
    _say("mark", label)


def snapshot(refs=False):
    _say("snapshot")


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
    _say("snapshot")


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
            _say("raised", self.label)


track = _Track.track  # a context manager and decorator: track("label"), or @track for a function


start()
_every(1000)
