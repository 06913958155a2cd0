/* SPDX-License-Identifier: MIT
 *
 * The helper is on the heap that it looks at, so it is short, its functions need no block of the heap for their frames, and
 * printing a sample allocates nothing. Its names are in a dictionary of their own: the script does not see them.
 */
#include "analysis/record/stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

/* ---- the helper ---- */

/* `wait`: each sample that took n milliseconds, also one at a mark or an import, puts off the next one by the timer by 25 n. So
 * the timer's samples never make all of them cost more than 4 % of the script's time, however slow the line is. `seen`: built-in
 * modules, which sys.modules does not name. */
static const char helper[] = "busy = last = wait = on = 0\n"
                             "seen = [0] * 8\n"
                             "def say(what, name):\n"
                             " global busy, last, wait\n"
                             " if busy or not on:\n"
                             "  return\n"
                             " busy = 1\n"
                             " now = ticks_ms()\n"
                             " wait = max(0, wait - (now - last & 0x1fffffff))\n"
                             " print('\\nHS:S', now, what, name)\n"
                             " mem_info(1)\n"
                             " print('HS:E')\n"
                             " last = ticks_ms()\n"
                             " wait += (last - now & 0x1fffffff) * 25\n"
                             " busy = 0\n"
                             "def _hs_load(name, a=None, b=None, c=None, d=0):\n"
                             " if name == 'heapstrata':\n"
                             "  return module\n"
                             " if d or not on or name in sys.modules or name in seen:\n"
                             "  return real(name, a, b, c, d)\n"
                             " gc.collect()\n"
                             " say('before', name)\n"
                             " a = real(name, a, b, c, d)\n"
                             " gc.collect()\n"
                             " say('import', name)\n"
                             " if name not in sys.modules:\n"
                             "  seen.append(name)\n"
                             "  seen.pop(0)\n"
                             " return a\n"
                             "def _hs(what):\n"
                             " global busy, on, wait\n"
                             " on = 0\n"
                             " if what != 'raised' and what != 'end':\n"
                             "  gc.collect()\n"
                             " busy = 0\n"
                             " on = 1\n"
                             " say(what, '')\n"
                             " on = what != 'collected'\n"
                             " wait *= ";

/* A sample of a full heap takes so many times as long as that at the start: the first one by the timer must not come before it
 * is earned. Without effect when the user wants samples often. */
#define FIRST 6u

static const char helper_run[] = "\n"
                                 "def _hs_run():\n"
                                 " code = module.code\n"
                                 " module.code = None\n"
                                 " gc.collect()\n"
                                 " try:\n"
                                 "  exec(code, main)\n"
                                 " except BaseException:\n"
                                 "  _hs('raised')\n"
                                 "  raise\n"
                                 "class module:\n"
                                 " code = None\n"
                                 " def mark(label):\n"
                                 "  say('mark', label)\n"
                                 " def snapshot(refs=0):\n"
                                 "  say('snapshot', '')\n"
                                 " dump = snapshot\n"
                                 " def poll(*_):\n"
                                 "  return True\n"
                                 " reset = refs = poll\n"
                                 " def start(*_, **k):\n"
                                 "  global on\n"
                                 "  on = 1\n"
                                 " def stop():\n"
                                 "  global on\n"
                                 "  on = 0\n"
                                 " def stats():\n"
                                 "  return {'level': 'snapshots', 'recording': on, 'lost': 0}\n";

/* As in heapstrata.py, except that an exception is no sample here. __exit__ is short, so that its frame needs no block of the
 * heap. */
static const char tracking[] = "class Track:\n"
                               " def __init__(t, label):\n"
                               "  t.label = label\n"
                               "  t.allocated = t.kept = t.garbage = t.used = t.after = 0\n"
                               "  t.before = []\n"
                               " def __enter__(t):\n"
                               "  t.before.append(0)\n"
                               "  gc.collect()\n"
                               "  t.before[-1] = gc.mem_alloc()\n"
                               "  return t\n"
                               " def __exit__(t, kind, value, traceback):\n"
                               "  t.used = gc.mem_alloc()\n"
                               "  gc.collect()\n"
                               "  t.after = gc.mem_alloc()\n"
                               "  t.end()\n"
                               " def end(t):\n"
                               "  before, used, after = t.before.pop(), t.used, t.after\n"
                               "  t.allocated, t.kept, t.garbage = used - before, after - before, used - after\n"
                               "  if on:\n"
                               "   print('HS:T', t.label, 'allocated:', t.allocated, 'kept:', t.kept, 'garbage:', t.garbage)\n"
                               " def __call__(t, f):\n"
                               "  def tracked(*args, **named):\n"
                               "   with t:\n"
                               "    return f(*args, **named)\n"
                               "  return tracked\n"
                               "def track(what):\n"
                               " if callable(what):\n"
                               "  return Track(getattr(what, '__name__', 'function'))(what)\n"
                               " return Track(what)\n"
                               "module.track = track\n";

/* A timer's callback may run in an interrupt, so it only asks the scheduler to call later(). It may also run while a sample is
 * printed, and must not allocate then. An exception of a scheduled function is printed and forgotten: "HS:K" says that Ctrl-C was
 * one. */
static const char ticking[] = "from micropython import schedule\n"
                              "def later(_):\n"
                              " try:\n"
                              "  say('time', '')\n"
                              " except KeyboardInterrupt:\n"
                              "  print('\\nHS:K')\n"
                              "def tick(_):\n"
                              " if on and not busy and (ticks_ms() - last & 0x1fffffff) > wait:\n"
                              "  try:\n"
                              "   schedule(later, 0)\n"
                              "  except RuntimeError:\n"
                              "   pass\n";

/* Most ports have timers of software, number -1. On nRF the period is in microseconds and a timer has to be started. */
static const char timer[] = "from machine import Timer\n"
                            "for i in (-1, 3, 2, 1, 0):\n"
                            " try:\n"
                            "  t = Timer(i)\n"
                            "  if hasattr(t, 'init'):\n"
                            "   t.init(period=%u, mode=Timer.PERIODIC, callback=tick)\n"
                            "  else:\n"
                            "   t = Timer(i, period=%u, mode=Timer.PERIODIC, callback=tick)\n"
                            "   t.start()\n"
                            "  module.timer = t\n"
                            "  break\n"
                            " except Exception:\n"
                            "  pass\n";

static const char in_builtins[] = "real = builtins.__import__\n"
                                  "builtins.__import__ = _hs_load\n"
                                  "builtins._hs = _hs\n"
                                  "builtins._hs_run = _hs_run\n";

/* Where built-in functions cannot be replaced. */
static const char in_main[] = "sys.modules['heapstrata'] = module\n"
                              "main['_hs'] = _hs\n"
                              "main['_hs_run'] = _hs_run\n";

static const char figures[] = "def mem_info(_):\n"
                              " _ = gc.mem_alloc()\n"
                              " print('GC: total:', _ + gc.mem_free(), 'used:', _, 'free:', gc.mem_free())\n";

/* ---- the text ---- */

static void append(struct hs_stock *s, const char *bytes, size_t n)
{
    if (!n || s->full)
        return;
    s->full = !hs_array_reserve(s->text, s->room, s->len + n);
    if (s->full)
        return;
    memcpy(s->text + s->len, bytes, n);
    s->len += n;
}

static void append_text(struct hs_stock *s, const char *text) { append(s, text, strlen(text)); }

static void pass(struct hs_stock *s, const char *bytes, size_t n)
{
    if (s->out && n)
        s->out(s->context, bytes, n);
}

/* ---- samples within the output ---- */

static void begin_sample(struct hs_stock *s)
{
    s->inside = true;
    s->sample = s->line = s->len;
    s->raised = false;
    append_text(s, "HS:S");
}

/* Drops what came of a sample that has no end. */
static void drop_sample(struct hs_stock *s)
{
    s->broken = true;
    s->inside = false;
    s->len = s->full ? s->len : s->sample;
}

static bool line_is(const struct hs_stock *s, const char *word)
{
    size_t n = strlen(word);
    return !s->full && s->len - s->line >= n && !memcmp(s->text + s->line, word, n);
}

/* "HS:S 1234 raised" */
static bool is_raised(const struct hs_stock *s)
{
    static const char word[] = " raised";
    const char *first = s->text + s->sample, *end = s->full ? NULL : memchr(first, '\n', s->len - s->sample);
    return end && memmem(first, (size_t)(end - first), word, sizeof word - 1);
}

void hs_stock_flush(struct hs_stock *s)
{
    if (s->len)
        s->keep(s->context, s->text, s->len);
    s->len = s->line = s->sample = 0;
}

/* A sample that waits for a traceback stays, as does what comes before the script: its banner is still changed. */
static void hand_over(struct hs_stock *s)
{
    if (s->begun && !s->inside && !s->raised)
        hs_stock_flush(s);
}

static void take_in_sample(struct hs_stock *s, char c)
{
    append(s, &c, c != '\r');
    if (c != '\n')
        return;
    if (line_is(s, "HS:E")) {
        s->samples++;
        s->inside = false;
        s->raised = is_raised(s);
        s->raised_at = s->sample;
    } else if (line_is(s, "HS:K")) {
        drop_sample(s);
        s->unheard++;
    }
    s->line = s->len;
    hand_over(s);
}

/* Whether the first `n` bytes may be the line end and "HS:S" that begin a sample. *whole: they are all of it. */
static bool may_begin(const char *bytes, size_t n, bool *whole)
{
    static const char word[] = "\nHS:S";
    size_t skip = bytes[0] == '\r';
    *whole = n - skip == sizeof word - 1;
    return n - skip < sizeof word && !memcmp(bytes + skip, word, n - skip);
}

static void take_outside(struct hs_stock *s, char c)
{
    bool whole;
    s->held[s->n_held++] = c;
    while (s->n_held && !may_begin(s->held, s->n_held, &whole)) {
        pass(s, s->held, 1);
        memmove(s->held, s->held + 1, --s->n_held);
    }
    if (!s->n_held || !whole)
        return;
    s->n_held = 0;
    begin_sample(s);
}

static void flush(struct hs_stock *s)
{
    pass(s, s->held, s->n_held);
    s->n_held = 0;
    if (s->inside)
        drop_sample(s);
}

void hs_stock_take(void *context, const char *bytes, size_t n)
{
    struct hs_stock *s = context;
    s->received += (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        if (s->inside)
            take_in_sample(s, bytes[i]);
        else if (!s->n_held && bytes[i] != '\r' && bytes[i] != '\n')
            pass(s, bytes + i, 1);
        else
            take_outside(s, bytes[i]);
    }
}

/* ---- the traceback ---- */

/* Puts a line before the sample that was taken when the exception left the script: it says what that sample is of. */
static void insert_line(struct hs_stock *s)
{
    size_t at = s->raised ? s->raised_at : s->len, after = s->len - at;
    append(s, s->traceback, s->traceback_len);
    if (s->full)
        return;
    memmove(s->text + at + s->traceback_len, s->text + at, after);
    memcpy(s->text + at, s->traceback, s->traceback_len);
    s->raised_at = at + s->traceback_len;
}

/* Lines of the traceback that are of the helper, which runs the script and its imports. */
static bool is_ours(const struct hs_stock *s)
{
    static const char first[] = "  File \"<stdin>\", line 1, in <module>", own[] = "in _hs_";
    return memmem(s->traceback, s->traceback_len, own, sizeof own - 1) ||
           (s->runs && memmem(s->traceback, s->traceback_len, first, sizeof first - 1));
}

static void end_line(struct hs_stock *s)
{
    bool ours = is_ours(s);
    s->runs = s->runs && !ours;
    if (!ours) {
        insert_line(s);
        if (s->err)
            s->err(s->context, s->traceback, s->traceback_len);
    }
    s->traceback_len = 0;
}

void hs_stock_take_traceback(void *context, const char *bytes, size_t n)
{
    struct hs_stock *s = context;
    flush(s);
    for (size_t i = 0; i < n; i++) {
        s->traceback[s->traceback_len++] = bytes[i];
        if (bytes[i] == '\n' || s->traceback_len == sizeof s->traceback)
            end_line(s);
    }
}

/* ---- our own code ---- */

static void keep_said(void *context, const char *bytes, size_t n)
{
    struct hs_stock *s = context;
    size_t room = sizeof s->said - 1, kept = strlen(s->said);
    size_t piece = n < room ? n : room, stays = kept < room - piece ? kept : room - piece;
    memmove(s->said, s->said + kept - stays, stays);
    memcpy(s->said + stays, bytes + n - piece, piece);
    s->said[stays + piece] = '\0';
}

/* No time limit while something arrives. */
static int run_bytes(struct hs_stock *s, struct hs_repl *repl, const char *code, size_t len)
{
    s->said[0] = '\0';
    int status = hs_repl_run(repl, &(struct hs_repl_run){
                                       .code = code,
                                       .len = len,
                                       .out = hs_stock_take,
                                       .err = keep_said,
                                       .context = s,
                                       .progress = &s->received,
                                   });
    flush(s);
    return status;
}

static int run(struct hs_stock *s, struct hs_repl *repl, const char *code) { return run_bytes(s, repl, code, strlen(code)); }

/* Runs an expression that raises an exception when the firmware does not have something. Returns as hs_repl_run. */
struct probe {
    const char *code;
    bool *has;
};

static int ask(struct hs_stock *s, struct hs_repl *repl, const struct probe *probe)
{
    int status = *probe->has ? 0 : run(s, repl, probe->code);
    *probe->has |= status == 0;
    return status < 0 ? status : 0;
}

static int ask_all(struct hs_stock *s, struct hs_repl *repl, bool *time)
{
    struct hs_stock_firmware *f = &s->firmware;
    const struct probe probes[] = {
        {"__import__('micropython').mem_info\n", &f->mem_info},
        {"__import__('time').ticks_ms\n", time},
        {"__import__('supervisor').ticks_ms\n", &f->ticks},
        {"__import__('builtins')._hs = 0\n", &f->builtins},
        {"__import__('machine').Timer, __import__('micropython').schedule\n", &f->timer},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof probes / sizeof *probes && status >= 0; i++) {
        status = ask(s, repl, &probes[i]);
        f->ticks |= *time;
    }
    f->timer = f->timer && f->ticks && s->interval;
    return status;
}

/* The firmware's name, as in the line that it prints at its start: "MicroPython v1.25.0 on 2025-04-15; a board with a chip". Up to
 * 1.18 sys.version has Python's version only. */
static int ask_name(struct hs_stock *s, struct hs_repl *repl)
{
    static const char code[] =
        "(lambda s, i: print('\\nHS:S', s.version.split('; ')[-1] if '; ' in s.version else 'MicroPython v' + "
        "'.'.join([str(n) for n in i.version[:3]]), end='; ' + getattr(i, '_machine', s.platform) + '\\nHS:E\\n'))"
        "(__import__('sys'), __import__('sys').implementation)\n";
    unsigned samples = s->samples;
    int status = run(s, repl, code);
    if (s->samples > samples && !s->full) { /* without the frame it is the banner that hs_meminfo_read knows */
        memset(s->text + s->sample, ' ', strlen("HS:S"));
        s->len = s->line - strlen("HS:E\n");
    }
    s->samples = samples;
    return status;
}

/* ---- begin and end ---- */

static const char *ticks_of(bool has, bool time)
{
    return !has ? "ticks_ms = int\n" : time ? "from time import ticks_ms\n" : "from supervisor import ticks_ms\n";
}

/* One piece of code, so that the heap before and after the helper differs by the helper only. */
static int send(struct hs_stock *s, struct hs_repl *repl, bool time)
{
    static const char bare_map[] = "__import__('micropython').mem_info(1)\n";
    static const char bare_figures[] = "(lambda g: print('GC: total:', g.mem_alloc() + g.mem_free(), 'used:', g.mem_alloc(), "
                                       "'free:', g.mem_free()))(__import__('gc'))\n";
    const struct hs_stock_firmware *f = &s->firmware;
    char period[sizeof timer + 32], *code = NULL;
    snprintf(period, sizeof period, timer, s->interval, s->interval * 1000);
    int n = asprintf(&code,
                     "__import__('gc').collect()\nprint('\\nHS:S 0 bare')\n%sprint('HS:E')\n"
                     "exec(r\"\"\"import gc, sys, builtins\n%s%s%s%u%s%s%s%s%s\"\"\", {'main': globals()})\n_hs('start')\n",
                     f->mem_info ? bare_map : bare_figures, ticks_of(f->ticks, time),
                     f->mem_info ? "from micropython import mem_info\n" : figures, helper,
                     s->interval < HS_STOCK_INTERVAL ? 0 : FIRST, helper_run, s->track ? tracking : "", f->timer ? ticking : "",
                     f->builtins ? in_builtins : in_main, f->timer ? period : "");
    int status = n < 0 ? HS_REPL_FULL : run(s, repl, code);
    free(code);
    return status;
}

int hs_stock_begin(struct hs_stock *s, struct hs_repl *repl)
{
    hs_repl_sink *out = s->out;
    bool time = false;
    s->out = NULL;
    int status = ask_name(s, repl);
    if (status >= 0)
        status = ask_all(s, repl, &time);
    if (status >= 0)
        status = send(s, repl, time);
    if (!status && s->firmware.timer) {
        status = run(s, repl, "__import__('heapstrata').timer\n");
        s->firmware.timer = !status;
        status = status < 0 ? status : 0;
    }
    s->out = out;
    return status;
}

/* A string literal. Its length, or with `to` NULL only its length. */
static size_t quote(char *to, const char *text, size_t n)
{
    size_t len = 0;
    char escape[5];
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        bool plain = c >= ' ' && c != '\'' && c != '\\' && c != 0x7f;
        int size = c == '\n' ? snprintf(escape, sizeof escape, "\\n")
                             : snprintf(escape, sizeof escape, plain ? "%c" : "\\x%02x", c);
        if (to)
            memcpy(to + len, escape, (size_t)size);
        len += (size_t)size;
    }
    return len;
}

/* The helper runs the script, so that it can take a sample when an exception leaves it: code that is sent later would need
 * memory to be compiled. */
static char *wrap(const struct hs_stock *s, const struct hs_stock_script *script, size_t *len)
{
    static const char before[] = "__import__('heapstrata').code = compile('", between[] = "', '", after[] = "', 'exec')\n";
    const char *name = s->name ? s->name : "<stdin>";
    size_t room = sizeof before + sizeof between + sizeof after + quote(NULL, script->text, script->len) +
                  quote(NULL, name, strlen(name));
    char *code = malloc(room), *at = code;
    if (!code)
        return NULL;
    at = stpcpy(at, before);
    at += quote(at, script->text, script->len);
    at = stpcpy(at, between);
    at += quote(at, name, strlen(name));
    at = stpcpy(at, after);
    *len = (size_t)(at - code);
    return code;
}

/* False: not possible on this firmware, or not with this script. */
static bool prepare(struct hs_stock *s, struct hs_repl *repl, const struct hs_stock_script *script, int *status)
{
    size_t len;
    hs_repl_sink *out = s->out;
    char *code = wrap(s, script, &len);
    s->out = NULL;
    *status = code ? run_bytes(s, repl, code, len) : 1;
    s->out = out;
    free(code);
    return *status == 0;
}

int hs_stock_run(struct hs_stock *s, struct hs_repl *repl, const struct hs_stock_script *script)
{
    int status;
    static const char start[] = "_hs_run()\n";
    s->runs = prepare(s, repl, script, &status);
    if (status < 0)
        return status;
    s->begun = true;
    hand_over(s);
    status = hs_repl_run(repl, &(struct hs_repl_run){
                                   .code = s->runs ? start : script->text,
                                   .len = s->runs ? sizeof start - 1 : script->len,
                                   .out = hs_stock_take,
                                   .err = hs_stock_take_traceback,
                                   .context = s,
                                   .unheard = &s->unheard,
                               });
    flush(s);
    if (s->traceback_len)
        end_line(s);
    return status;
}

int hs_stock_end(struct hs_stock *s, struct hs_repl *repl, bool raised)
{
    s->out = NULL;
    int status = s->raised ? 0 : run(s, repl, raised ? "_hs('raised')\n" : "_hs('end')\n");
    int more = status < 0 ? status : run(s, repl, "_hs('collected')\n");
    if (more >= 0 && s->firmware.timer)
        run(s, repl, "__import__('heapstrata').timer.deinit()\n");
    if (more >= 0 && s->firmware.builtins)
        run(s, repl, "del __import__('builtins').__import__\n");
    return status < 0 || more < 0 ? (status < 0 ? status : more) : status | more;
}

void hs_stock_free(struct hs_stock *s)
{
    free(s->text);
    *s = (struct hs_stock){.text = NULL};
}
