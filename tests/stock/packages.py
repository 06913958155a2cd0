# SPDX-License-Identifier: MIT
"""Packages that import their parts relatively: at once, later in a function, in a class, from sub-packages, in circles, and a part that
is missing."""

FILES = {
    "plain.py": b"import other\nP = 1\n",
    "other.py": b"O = 1\n",
    "parts/__init__.py": b"from . import a\nfrom .b import *\nfrom .sub import c\nimport last\ntry:\n    from . import missing\n"
                         b"except ImportError as e:\n    pass\ndef later():\n    from .late import z\n    return z\n",
    "parts/a.py": b"from .b import bb\naa = bb\n",
    "parts/b.py": b"from . import a\nbb = 7\n",
    "parts/late.py": b"z = 5\n",
    "parts/sub/__init__.py": b"from .c import cc\n",
    "parts/sub/c.py": b"from ..a import bb\nfrom .. import b\nimport parts.b\ncc = bb + b.bb + parts.b.bb\n",
    "lazy/__init__.py": b"def f():\n    from .x import y\n    return y\nclass K:\n    def g(self):\n        from . import x\n        return x.y\n"
                        b"def h():\n    return __import__('x', globals(), None, True, 1).y\n",
    "lazy/x.py": b"y = 8\n",
    "last.py": b"L = 1\n",
}
# Each begins a run of its own, as only the first package is noticed. Script, what it prints, imports that are noticed.
RUNS = (
    ("import plain, parts, last\nprint(parts.later(), parts.sub.c.cc, parts.a.aa)\n", "5 21 7", ["plain", "other", "parts"]),
    ("import lazy, plain\nprint(lazy.f(), lazy.K().g(), lazy.h())\n", "8 8 8", ["lazy"]),
    ("import lazy.x\nprint(lazy.f(), lazy.h())\n", "8 8", ["lazy.x"]),
    ("from lazy import x\nimport parts\nprint(x.y, parts.later())\n", "8 5", ["lazy"]),
    ("from lazy.x import y\nimport other\nprint(y)\n", "8", ["lazy.x"]),
    ("import heapstrata\nheapstrata.stop()\nimport lazy\nprint(lazy.f())\nheapstrata.start()\n", "8", []),
)


def noticed(kinds):
    """Names of the imports of which there are both samples, in the order of the first; the script's own `import heapstrata` is none."""
    before = [name for kind, name, _ in kinds if kind == "before"]
    after = [name for kind, name, _ in kinds if kind == "import"]
    return before if sorted(before) == sorted(after) else (before, after)
