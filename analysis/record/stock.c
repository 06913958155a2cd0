/* SPDX-License-Identifier: MIT */
#include "analysis/record/stock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

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
    } else if (line_is(s, "KeyboardInterrupt")) { /* of a function that the scheduler called: it does not reach the script */
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

static int ask_all(struct hs_stock *s, struct hs_repl *repl)
{
    struct hs_stock_firmware *f = &s->firmware;
    const struct probe probes[] = {
        {"__import__('micropython').mem_info\n", &f->mem_info},
        {"__import__('time').ticks_ms\n", &f->time},
        {"__import__('supervisor').ticks_ms\n", &f->ticks},
        {"__import__('builtins')._hs_ = 0\n", &f->builtins},
        {"__import__('micropython').opt_level\n", &f->levels},
        {"__import__('machine').Timer, __import__('micropython').schedule\n", &f->timer},
    };
    int status = 0;
    for (size_t i = 0; i < sizeof probes / sizeof *probes && status >= 0; i++) {
        status = ask(s, repl, &probes[i]);
        f->ticks |= f->time;
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

/* The firmware keeps the code that it runs in a buffer, which only grows until raw mode ends. So it is made anew before a sample whose
 * code is short, and before the script. */
static int renew(struct hs_stock *s, struct hs_repl *repl)
{
    int status = hs_repl_renew(repl, hs_stock_take, s);
    flush(s);
    return status;
}

static int collect(struct hs_stock *s, struct hs_repl *repl) { return run(s, repl, "__import__('gc').collect()\n"); }

static int send(struct hs_stock *s, struct hs_repl *repl)
{
    char *code = hs_stock_helper(&(struct hs_stock_helper){
        .firmware = &s->firmware, .interval = s->interval, .script = s->names, .script_len = s->names_len});
    int status = code ? run(s, repl, code) : HS_REPL_FULL;
    free(code);
    return status;
}

/* "start" is as long as the sample before the helper, so that they differ by the helper only. */
static const char bare[] = "print('\\nHS:S 0 bare'), __import__('micropython').mem_info(1), print('HS:E')";
static const char bare_figures[] = "(lambda g: print('\\nHS:S 0 bare\\nGC: total:', g.mem_alloc() + g.mem_free(), 'used:', "
                                   "g.mem_alloc(), 'free:', g.mem_free(), '\\nHS:E'))(__import__('gc'))";

static int sample_short(struct hs_stock *s, struct hs_repl *repl, const char *code)
{
    char line[sizeof bare_figures + 2];
    size_t length = s->firmware.mem_info ? sizeof bare : sizeof bare_figures;
    snprintf(line, sizeof line, "%-*s\n", (int)length, code);
    int status = renew(s, repl);
    if (!status)
        status = collect(s, repl);
    return status ? status : run(s, repl, line);
}

/* A line of its own in the text: milliseconds between samples by the timer, or 0. */
static void say_interval(struct hs_stock *s)
{
    char line[32];
    snprintf(line, sizeof line, "HS:I %u\n", s->firmware.timer ? s->interval : 0);
    append_text(s, line);
}

int hs_stock_begin(struct hs_stock *s, struct hs_repl *repl)
{
    hs_repl_sink *out = s->out;
    s->out = NULL;
    int status = ask_name(s, repl);
    if (status >= 0)
        status = ask_all(s, repl);
    if (status >= 0)
        status = sample_short(s, repl, s->firmware.mem_info ? bare : bare_figures);
    if (!status)
        status = send(s, repl);
    if (!status && s->firmware.timer) {
        status = run(s, repl, "__import__('heapstrata').step.deinit\n");
        s->firmware.timer = !status;
        status = status < 0 ? status : 0;
    }
    if (!status)
        say_interval(s);
    if (!status)
        status = sample_short(s, repl, "_hs_('start')");
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
    if (!*status)
        *status = renew(s, repl);
    s->out = out;
    free(code);
    return *status == 0;
}

int hs_stock_run(struct hs_stock *s, struct hs_repl *repl, const struct hs_stock_script *script)
{
    int status;
    static const char collect[] = "__import__('gc').collect()\n", start[] = "_hs_('')\n";
    s->runs = prepare(s, repl, script, &status);
    if (s->runs)
        status = run(s, repl, collect);
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
    int status = s->raised ? 0 : run(s, repl, raised ? "_hs_('raised')\n" : "_hs_('end')\n");
    int more = status < 0 ? status : run(s, repl, "__import__('gc').collect()\n_hs_('collected')\n");
    if (more >= 0 && s->firmware.timer)
        run(s, repl, "__import__('heapstrata').step.deinit()\n");
    if (more >= 0)
        run(s, repl, s->firmware.builtins ? "del __import__('builtins')._hs_, __import__('builtins').__import__\n" : "del _hs_\n");
    if (more >= 0)
        run(s, repl, "del __import__('sys').modules['heapstrata']\n");
    return status < 0 || more < 0 ? (status < 0 ? status : more) : status | more;
}

void hs_stock_free(struct hs_stock *s)
{
    free(s->text);
    *s = (struct hs_stock){.text = NULL};
}
