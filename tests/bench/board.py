# SPDX-License-Identifier: MIT
"""A Cortex-M3 firmware in QEMU under insn_plugin.c: what was executed between two marks, and for whom."""
import collections
import fnmatch
import os

import common
import firmware
from qemu_mp import BoardError, QemuMp

MARK = "gc_isenabled"  # the program calls gc.isenabled() before and after what is measured
ICOUNT = 5             # 32 ns an instruction: a core that executes 31 million a second

# What instructions are charged to. The first pattern that matches one of our functions says what becomes of
# the scope when it runs (see insn_plugin.c); our other functions work for whoever called them.
SCOPES = ["core", "alloc hook", "alloc encode", "free hook", "free encode", "realloc hook", "realloc encode",
          "failure", "call hook", "collection", "packet turn", "site definition", "keyframe", "module"]
ACTIONS = [
    ("__wrap_gc_alloc", "op", "alloc hook"),
    ("__wrap_m_malloc*", "op", "alloc hook"),
    ("__wrap_mp_obj_malloc*", "op", "alloc hook"),
    ("__wrap_gc_free", "op", "free hook"),
    ("__wrap_m_free", "op", "free hook"),
    ("__wrap_gc_realloc", "op", "realloc hook"),
    ("__wrap_m_realloc*", "op", "realloc hook"),
    ("__wrap_mp_execute_bytecode", "op", "call hook"),
    ("__wrap_gc_collect*", "op", "collection"),
    ("__wrap_gc_sweep_all", "op", "collection"),
    ("hs_mod_*", "op", "module"),
    ("hs_put_alloc", "op", "alloc encode"),
    ("hs_put_free", "op", "free encode"),
    ("hs_put_realloc", "op", "realloc encode"),
    ("hs_put_fail", "op", "failure"),
    ("hs_fail", "op", "failure"),
    ("hs_keyframe", "op", "keyframe"),
    ("hs_packet_turn", "in", "packet turn"),
    ("define_site", "in", "site definition"),
    ("put_alloc*", "back", "core"),
    ("put_free", "back", "core"),
    ("put_other", "back", "core"),
    ("put_event", "back", "core"),
    ("hs_site_find", "back", "core"),
    ("hs_record", "back", "core"),
    ("hs_record_locked", "back", "core"),
    ("alloc_less", "op", "alloc hook"),
    ("alloc_otherwise", "op", "alloc hook"),
    ("hs_level_put", "op", "alloc encode"),
    ("hs_level_gone", "op", "free encode"),
    ("hs_level_swept", "op", "collection"),
    ("hs_level_top", "op", "collection"),
    ("hs_mp_summary", "op", "collection"),
    ("summarise_*", "op", "collection"),
    ("hs_summary_*", "op", "collection"),
]
LIBC = "mem* str* __aeabi_* __udiv* __div*".split()  # whoever calls them


def first_match(name, actions):
    """The action and scope number that the table gives a function, or None."""
    for pattern, action, scope in actions:
        if fnmatch.fnmatch(name, pattern):
            return action, SCOPES.index(scope)
    return None


def action_of(function):
    if function.ours:
        return first_match(function.name, ACTIONS)
    if any(fnmatch.fnmatch(function.name, p) for p in LIBC):
        return None
    return "core", SCOPES.index("site definition")


def write_ranges(path, functions, action=action_of):
    with open(path, "w") as f:
        for function in functions:
            found = action(function)
            if found:
                f.write("%x %x %s %d\n" % (function.first, function.end, *found))


class Counts:
    """Instructions between two marks: by scope, and by function with how often it was entered."""

    def __init__(self, functions=(), first=None, last=None):
        self.scope, self.calls, self.own = collections.Counter(), collections.Counter(), collections.Counter()
        if not functions:
            return
        self.scope.update({SCOPES[i]: n - first[0][i] for i, n in last[0].items() if n > first[0][i]})
        at = {a: n - first[1][a] for a, n in last[1].items() if n > first[1][a]}
        for f in functions:
            name = (f.name, f.ours)
            self.calls[name] += at.get(f.first, 0)
            self.own[name] += sum(at.get(a, 0) for a in range(f.first, f.end, 2))

    def add(self, other):
        for mine, theirs in ((self.scope, other.scope), (self.calls, other.calls), (self.own, other.own)):
            mine.update(theirs)

    @property
    def total(self):
        return sum(self.scope.values())

    @property
    def core(self):
        return self.scope["core"]

    def entered(self, name):
        return self.calls[name, True]


def read_marks(path):
    marks = []
    with open(path) as f:
        for line in f:
            word = line.split()
            if word[0] == "mark":
                marks.append((collections.Counter(), collections.Counter()))
            elif word[0] == "scope":
                marks[-1][0][int(word[1])] = int(word[2])
            elif word[0] != "end":
                marks[-1][1][int(word[0], 16)] = int(word[1])
    return marks


def build_plugin():
    return common.compile_c("insn_plugin.so", ["tests/bench/insn_plugin.c"], "-shared", "-fPIC")


class Board:
    def __init__(self, elf, plugin, folder):
        self.elf, self.plugin, self.folder = elf, plugin, folder
        self.functions = firmware.functions(elf)
        self.mark = next(f.first for f in self.functions if f.name == MARK)
        self.ranges = os.path.join(folder, "ranges-%d" % id(self))
        write_ranges(self.ranges, self.functions)

    def count(self, script, timeout=900):
        """(counts between the script's two marks, its output), or (None, why not)."""
        out = os.path.join(self.folder, "counts-%d" % id(self))
        plugin = "%s,out=%s,mark=%x,ranges=%s" % (self.plugin, out, self.mark, self.ranges)
        try:
            with QemuMp(self.elf, icount=ICOUNT, extra=["-plugin", plugin]) as board:
                text, error = board.run(script, timeout=timeout)
        except BoardError as failure:
            return None, str(failure)
        if error:
            return None, error.decode().strip().splitlines()[-1]
        return Counts(self.functions, *read_marks(out)[:2]), text.decode().strip()
