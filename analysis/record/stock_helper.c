/* SPDX-License-Identifier: MIT
 *
 * The helper is on the heap that it looks at, so it is short, its functions need no block of the heap for their frames, and
 * printing a sample allocates nothing. Its names are in a dictionary of their own: the script does not see them. They are words
 * that each firmware has in its ROM (methods of str, list and dict, built-in functions), whatever they say: another name takes
 * 8 to 20 bytes, and after 20 of them a new table of names.
 */
#include "analysis/record/stock_helper.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

#define PERIOD_ROOM 32

/* on: 1, samples are wanted; 0, they are not; 2, one is being printed. end: milliseconds when the last one was complete. step: milliseconds from
 * then to the next one by the timer: 25 times as long as all so far took, also those at marks and imports, so that the timer's
 * samples never make all of them cost more than 4 % of the script's time. It is in proportion to `len`, the bytes in use, since a
 * map of more blocks is longer; 32768 stands for what is in a map of an empty heap. `name` 0: a sample by the timer. `tell` is the
 * clock. */
static const char sending[] = "on = end = step = 0\n"
                              "len = 1\n"
                              "def send(name, mode='mark'):\n"
                              " global on, end, step, len\n"
                              " if on == 1:\n"
                              "  key = gc.mem_alloc() + 32768\n"
                              "  step = step // 8 * (key * 8 // len)\n"
                              "  len = key\n"
                              "  key = tell()\n"
                              "  r = step - (key - end & 0x1fffffff)\n"
                              "  if name != 0 or r < 0:\n"
                              "   on = 2\n"
                              "   print('\\nHS:S', key, 'time' if name == 0 else mode, name)\n"
                              "   mem_info(1)\n"
                              "   end = tell()\n"
                              "   print('HS:E', end)\n"
                              "   step = max(r, 0) + (end - key & 0x1fffffff) * 25\n"
                              "   on = 1\n";

/* __import__. The modules that the firmware has built in are not in sys.modules: they are put there, to be noticed once. */
static const char importing[] = "real = __import__\n"
                                "__name__ = 0\n"
#include "analysis/record/imports.inc"
                                "setattr(real('builtins'), '__import__', _hs_)\n";

static const char running[] = "def _hs_(mode):\n"
                              " global on\n"
                              " on = 1\n"
                              " if not mode:\n"
                              "  mode = module.code\n"
                              "  module.code = None\n"
                              "  try:\n"
                              "   return exec(mode, main)\n"
                              "  except BaseException:\n"
                              "   _hs_('raised')\n"
                              "   raise\n"
                              " send('', mode)\n"
                              " on = mode == 'start'\n";

/* Two names that no one reads would make its dictionary longer. */
static const char module[] = "class module:\n"
                             " del __module__, __qualname__\n"
                             " code = None\n"
                             " mark = send\n";

/* A timer's callback may run in an interrupt, so it only asks the scheduler to call send(). It may also run while a sample is
 * printed, and must not allocate then. The timer itself takes its place. */
static const char ticking[] = " def step(_):\n"
                              "  if on == 1 and (tell() - end & 0x1fffffff) > step:\n"
                              "   try:\n"
                              "    schedule(send, 0)\n"
                              "   except:\n"
                              "    pass\n";

static const char tracking[] =
#include "analysis/record/track.inc"
    ;

/* What is sent when the script has one of the words. object() and bool() stand for functions without effect: the first one's
 * result is true, as that of poll(). */
static const struct {
    const char *words[3], *code;
} parts[] = {
    {{"track"}, tracking},
    {{"snapshot", "dump"}, " def dump(*_):\n  send('', 'snapshot')\n snapshot = dump\n"},
    {{"start", "stop"}, " def start(*_, **key):\n  global on\n  on = 1\n def stop():\n  global on\n  on = 0\n"},
    {{"stats"}, " def stats():\n  return {'level': 'snapshots', 'recording': on, 'lost': 0}\n"},
    {{"poll", "reset", "refs"}, " poll = object\n reset = refs = bool\n"},
};

/* While __import__ is replaced, the firmware looks for each built-in function in a table of such ones first. A function that is not
 * there costs 100 to 300 instructions more at each use, so those that the script names are put there, as they are: 8 bytes each. */
static const char *const functions[] = {
    "abs",     "all",   "any",      "bytearray", "bytes",      "chr",    "dict", "divmod", "enumerate", "float", "getattr",
    "hasattr", "hex",   "id",       "int",       "isinstance", "len",    "list", "max",    "min",       "next",  "ord",
    "pow",     "range", "reversed", "round",     "set",        "sorted", "str",  "sum",    "tuple",     "type",  "zip",
};

static const char in_modules[] = "modules['heapstrata'], modules['gc'] = module, gc\n";
static const char in_builtins[] = "setattr(__import__('builtins'), '_hs_', _hs_)\n";
static const char in_main[] = "main['_hs_'] = _hs_\n"; /* where built-in functions cannot be replaced */

static const char figures[] = "def mem_info(_):\n"
                              " _ = gc.mem_alloc()\n"
                              " print('GC: total:', _ + gc.mem_free(), 'used:', _, 'free:', gc.mem_free())\n";

/* In a dictionary of its own, which is garbage afterwards. Most ports have timers of software, number -1. On nRF the period is in
 * microseconds and a timer has to be started. */
static const char timer[] = "import heapstrata as self\n"
                            "from machine import Timer\n"
                            "for key in (-1, 3, 2, 1, 0):\n"
                            " try:\n"
                            "  value = Timer(key)\n"
                            "  if hasattr(value, 'init'):\n"
                            "   value.init(period=%u, mode=Timer.PERIODIC, callback=self.step)\n"
                            "  else:\n"
                            "   value = Timer(key, period=%u, mode=Timer.PERIODIC, callback=self.step)\n"
                            "   value.start()\n"
                            "  self.step = value\n"
                            "  break\n"
                            " except Exception:\n"
                            "  pass\n";

/* ---- the text ---- */

struct text {
    char *bytes;
    size_t len, room;
    bool full;
};

static void add(struct text *t, const char *piece)
{
    size_t n = strlen(piece);
    t->full = t->full || !hs_array_reserve(t->bytes, t->room, t->len + n + 1);
    if (t->full)
        return;
    memcpy(t->bytes + t->len, piece, n + 1);
    t->len += n;
}

static bool names(const struct hs_stock_helper *h, const char *word)
{
    return !h->script || memmem(h->script, h->script_len, word, strlen(word));
}

static bool is_name(int c) { return isalnum(c) || c == '_'; }

/* As a word of its own. */
static bool has_word(const struct hs_stock_helper *h, const char *word)
{
    size_t n = strlen(word);
    const char *at = h->script, *end = h->script + h->script_len;
    while (at && (at = memmem(at, (size_t)(end - at), word, n))) {
        bool before = at > h->script && is_name((unsigned char)at[-1]), after = at + n < end && is_name((unsigned char)at[n]);
        if (!before && !after)
            return true;
        at++;
    }
    return false;
}

static void add_functions(struct text *t, const struct hs_stock_helper *h)
{
    add(t, "exec(r\"\"\"import builtins as self\nfor key in '");
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (has_word(h, functions[i])) {
            add(t, functions[i]);
            add(t, " ");
        }
    add(t, "'.split():\n if hasattr(self, key):\n  setattr(self, key, getattr(self, key))\n\"\"\", {})\n");
}

static void add_parts(struct text *t, const struct hs_stock_helper *h)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        bool wanted = false;
        for (size_t k = 0; k < sizeof parts[i].words / sizeof *parts[i].words && parts[i].words[k]; k++)
            wanted |= names(h, parts[i].words[k]);
        if (wanted)
            add(t, parts[i].code);
    }
}

static void add_helper(struct text *t, const struct hs_stock_helper *h)
{
    const struct hs_stock_firmware *f = h->firmware;
    add(t, "import gc\nfrom sys import modules\n");
    add(t, !f->ticks ? "tell = int\n"
           : f->time ? "from time import ticks_ms as tell\n"
                     : "from supervisor import ticks_ms as tell\n");
    add(t, f->mem_info ? "from micropython import mem_info\n" : figures);
    add(t, f->timer ? "from micropython import schedule\n" : "");
    add(t, sending);
    add(t, f->builtins ? importing : "");
    add(t, running);
    add(t, module);
    add(t, f->timer ? ticking : "");
    add_parts(t, h);
    add(t, in_modules);
    add(t, f->builtins ? in_builtins : in_main);
}

static void add_timer(struct text *t, unsigned interval)
{
    char text[sizeof timer + PERIOD_ROOM];
    snprintf(text, sizeof text, timer, interval, interval * 1000);
    add(t, "exec(r\"\"\"");
    add(t, text);
    add(t, "\"\"\", {})\n");
}

char *hs_stock_helper(const struct hs_stock_helper *h)
{
    const struct hs_stock_firmware *f = h->firmware;
    struct text t = {.bytes = NULL};
    add(&t, f->levels ? "(lambda e, r: (e(3), exec(r\"\"\"" : "exec(r\"\"\"");
    add_helper(&t, h);
    add(&t, f->levels ? "\"\"\", {'main': globals()}), e(r)))(__import__('micropython').opt_level, "
                        "__import__('micropython').opt_level())\n"
                      : "\"\"\", {'main': globals()})\n");
    if (f->builtins)
        add_functions(&t, h);
    if (f->timer)
        add_timer(&t, h->interval);
    if (!t.full)
        return t.bytes;
    free(t.bytes);
    return NULL;
}
