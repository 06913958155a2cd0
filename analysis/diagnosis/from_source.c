/* SPDX-License-Identifier: MIT
 *
 * What only the sources say: where the program locks the heap or turns the collector off, and which variable is not used any
 * more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/ending.h"
#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/still_used.h"
#include "analysis/diagnosis/variables.h"
#include "analysis/diagnosis/growth.h"

#define HELD_ROWS 3u  /* lines that hold most */
#define HELD_PART 16u /* minimum part of the heap that the variable holds */
#define CONTAINER 8u  /* minimum blocks of a list or dict with its elements */
#define PLACES 2u     /* calls that are named */

/* Splits "main.py:5 work". `file` has HS_NAME_MAX bytes. Returns the line; 0: native code. */
static uint32_t split(const char *name, char *file)
{
    size_t length = strcspn(name, ":");
    if (!name[length] || length >= HS_NAME_MAX)
        return 0;
    memcpy(file, name, length);
    file[length] = '\0';
    return (uint32_t)strtoul(name + length + 1, NULL, 10);
}

/* ---- each file that the diagnosis names, once ---- */

struct files {
    const struct hs_diagnosis *d;
    const struct hs_names *names;
    const struct hs_sources_at *sources;
    void (*take)(void *context, const char *file, const struct hs_python *python);
    void *context;
};

static bool is_first_of_file(const struct hs_diagnosis *d, size_t row)
{
    size_t length = strcspn(d->held[row].name, ":");
    for (size_t i = 0; i < row; i++)
        if (!strncmp(d->held[i].name, d->held[row].name, length + 1))
            return false;
    return true;
}

static void with_python(const struct files *f, const char *file)
{
    struct hs_python python;
    char *text = hs_sources_text(f->sources, f->names->reader, file);
    if (!text)
        return;
    if (!hs_python_read(&python, text))
        f->take(f->context, file, &python);
    hs_python_free(&python);
    free(text);
}

static void each_file(const struct files *f)
{
    char file[HS_NAME_MAX];
    for (size_t i = 0; i < f->d->n; i++)
        if (f->d->held[i].python && is_first_of_file(f->d, i) && split(f->d->held[i].name, file))
            with_python(f, file);
}

/* ---- gc.disable() and micropython.heap_lock() ---- */

struct calls {
    const char *object, *function; /* object NULL: any */
    char *text;                    /* of HS_NAME_MAX bytes: places found */
    unsigned found;
    bool stays; /* after one of them, the function may end without the opposite call */
};

/* Whether the function unlocks the heap in a later row, without a way out of it before that is not inside try. */
static bool is_unlocked(const struct hs_python *p, uint32_t row)
{
    bool guarded = false;
    for (uint32_t i = row; i < p->n_rows; i++) {
        uint32_t first = p->row[i].first;
        if (p->row[i].scope != p->row[row].scope)
            continue;
        guarded = guarded || hs_python_is(p, first, "try");
        for (uint32_t t = first; t < first + p->row[i].n; t++) {
            if (hs_python_is(p, t, "heap_unlock"))
                return true;
            if (!guarded && (hs_python_is(p, t, "return") || hs_python_is(p, t, "raise")))
                return false;
        }
    }
    return false;
}

/* Whether token `i` is the module, also by another name: import gc as g. */
static bool is_module(const struct hs_python *p, uint32_t i, const char *module)
{
    for (uint32_t k = 0; k + 3 < p->n; k++)
        if (hs_python_is(p, k, "import") && hs_python_is(p, k + 1, module) && hs_python_is(p, k + 2, "as") &&
            hs_python_same(p, k + 3, i))
            return true;
    return hs_python_is(p, i, module);
}

static void find_calls(void *context, const char *file, const struct hs_python *p)
{
    struct calls *c = context;
    for (uint32_t i = 0; i < p->n; i++) {
        bool object = !c->object || (i > 1 && hs_python_is(p, i - 1, ".") && is_module(p, i - 2, c->object));
        if (!hs_python_is(p, i, c->function) || !hs_python_is(p, i + 1, "(") || !object)
            continue;
        size_t n = strlen(c->text);
        c->stays = c->stays || !is_unlocked(p, p->token[i].row);
        if (c->found++ < PLACES)
            snprintf(c->text + n, HS_NAME_MAX - n, "%s%.200s:%u", n ? " or " : "", file, (unsigned)p->row[p->token[i].row].line);
    }
}

static void find_switch(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    bool locked = d->cause == HS_CAUSE_LOCKED;
    struct calls calls = {locked ? NULL : "gc", locked ? "heap_lock" : "disable", d->switched, 0, false};
    each_file(&(struct files){d, names, sources, find_calls, &calls});
    d->stays_locked = locked && calls.stays;
    if (calls.found > PLACES)
        d->switched[0] = '\0';
}

/* ---- a variable that is not used any more ---- */

struct mention {
    const char *file, *name;
    bool elsewhere; /* another file has the name */
};

static void find_mention(void *context, const char *file, const struct hs_python *p)
{
    struct mention *m = context;
    m->elsewhere |= strcmp(file, m->file) != 0 && hs_python_mentions(p, m->name);
}

/* Another module may use a global, or an object's attribute. */
static bool is_used_elsewhere(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources,
                              const char *file)
{
    const char *dot = strchr(d->unused.name, '.');
    struct mention mention = {file, dot ? dot + 1 : d->unused.name, false};
    each_file(&(struct files){d, names, sources, find_mention, &mention});
    return mention.elsewhere;
}

struct unused {
    struct hs_diagnosis *d;
    struct hs_unused_question question;
};

static void find_unused(void *context, const char *file, const struct hs_python *p)
{
    struct unused *u = context;
    if (hs_unused_find(&u->d->unused, p, &u->question))
        snprintf(u->d->unused_at, sizeof u->d->unused_at, "%.900s:%u", file, (unsigned)u->d->unused.line);
}

/* Whether the request would have had a chance without what the line holds. */
static bool would_do(const struct hs_diagnosis *d, const struct hs_live_line *h)
{
    return h->python && h->live >= d->total / HELD_PART && d->failure.free + h->live >= d->failure.size;
}

static void find_held(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "", asked[HS_NAME_MAX] = "";
    uint32_t failed = split(d->line, asked);
    for (size_t i = 0; failed && i < d->n && i < HELD_ROWS && !d->unused_at[0]; i++) {
        uint32_t made = split(d->held[i].name, file);
        if (!would_do(d, &d->held[i]) || !made || strcmp(file, asked) != 0)
            continue;
        struct unused unused = {d, {made, failed, d->held[i].blocks >= CONTAINER}};
        with_python(&(struct files){d, names, sources, find_unused, &unused}, file);
        if (d->unused_at[0] && is_used_elsewhere(d, names, sources, file))
            d->unused_at[0] = '\0';
        d->holds = d->unused_at[0] ? &d->held[i] : NULL;
    }
    d->cause = d->holds ? HS_CAUSE_HELD : d->cause;
}

/* ---- text += line ---- */

struct extends {
    uint32_t line;
    bool is;
};

static void find_extending(void *context, const char *file, const struct hs_python *p)
{
    struct extends *e = context;
    uint32_t row = hs_python_row_at(p, e->line);
    (void)file;
    e->is = row != HS_PYTHON_NONE && hs_python_extends(p, row);
}

static void find_extends(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "";
    struct extends extends = {split(d->line, file), false};
    if (extends.line)
        with_python(&(struct files){d, names, sources, find_extending, &extends}, file);
    d->extends = extends.is;
}

/* ---- a document that is parsed at once ---- */

struct parsing {
    uint32_t line;
    bool parses;
};

static void find_parsing(void *context, const char *file, const struct hs_python *p)
{
    struct parsing *q = context;
    uint32_t row = hs_python_row_at(p, q->line);
    (void)file;
    for (uint32_t i = row == HS_PYTHON_NONE ? p->n : p->row[row].first; i + 1 < p->n && p->token[i].row == row; i++)
        q->parses = q->parses || (hs_python_is(p, i, "loads") && hs_python_is(p, i + 1, "("));
}

void hs_diagnosis_parsed(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                         const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX];
    struct parsing q = {.line = split(d->line, file)};
    bool all = d->cause == HS_CAUSE_PEAK && d->peak == HS_PEAK_BUILT;
    struct hs_diagnosis with = *d;
    if ((d->cause != HS_CAUSE_FULL && !all) || d->needed.anew || !q.line || !d->asked || !hs_peak_find_text(&with, w, names))
        return;
    with_python(&(struct files){d, names, sources, find_parsing, &q}, file);
    if (q.parses && d->asked->live >= with.peak_bytes) {
        d->peak_bytes = with.peak_bytes;
        memcpy(d->peak_of, with.peak_of, sizeof d->peak_of);
        d->cause = HS_CAUSE_PEAK;
        d->peak = HS_PEAK_PARSED;
    }
}

/* The token after a name with dots that begins at token `i`. */
static uint32_t after_dotted(const struct hs_python *p, uint32_t i, uint32_t end)
{
    while (i + 2 < end && p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i + 1, ".") &&
           p->token[i + 2].kind == HS_PYTHON_NAME)
        i += 2;
    return i + 1;
}

/* ---- a list that is made at once, to stay ---- */

struct staying {
    uint32_t line;
    bool stays;
};

/* Whether any row but this one reads the name: of a global, a row of a function, which may do so at any time. */
static bool is_read(const struct hs_python *p, uint32_t name, uint32_t row, bool attribute)
{
    for (uint32_t i = 0; i < p->n; i++) {
        bool other = p->token[i].row != row && (attribute || p->row[p->token[i].row].scope != HS_PYTHON_MODULE);
        if (other && hs_python_same(p, i, name) && hs_python_reads(p, i))
            return true;
    }
    return false;
}

/* NAME = [... for ...], of a global or an attribute. */
static void find_staying(void *context, const char *file, const struct hs_python *p)
{
    struct staying *q = context;
    uint32_t row = hs_python_row_at(p, q->line);
    (void)file;
    if (row == HS_PYTHON_NONE)
        return;
    uint32_t first = p->row[row].first, end = first + p->row[row].n, sign = after_dotted(p, first, end);
    bool attribute = sign > first + 1, loops = false;
    for (uint32_t i = sign; i < end; i++)
        loops = loops || hs_python_is(p, i, "for");
    q->stays = loops && hs_python_is(p, sign, "=") && hs_python_is(p, sign + 1, "[") && hs_python_is(p, end - 1, "]") &&
               (attribute || p->row[row].scope == HS_PYTHON_MODULE) && is_read(p, sign - 1, row, attribute);
}

bool hs_diagnosis_stays(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX];
    struct staying q = {.line = split(d->line, file)};
    if (q.line)
        with_python(&(struct files){d, names, sources, find_staying, &q}, file);
    return q.stays;
}

/* ---- what is converted as a whole ---- */

/* Functions that make one thing of a whole other one, which is still there. Not bytes() and bytearray(): of a number they make a
 * buffer. */
static const char *const conversions[] = {"hexlify",  "unhexlify",  "hex",    "fromhex",     "b2a_base64", "a2b_base64",
                                          "compress", "decompress", "encode", "decode",      "list",       "tuple",
                                          "array",    "sorted",     "unpack", "unpack_from", "str",        "repr"};

struct converting {
    uint32_t line;
    bool converts;
};

/* Whether token `i` is such a call of something that has a name, or a method of it without arguments. */
static bool converts(const struct hs_python *p, uint32_t i, uint32_t row)
{
    bool is = false;
    uint32_t depth = 0;
    for (size_t k = 0; k < sizeof conversions / sizeof *conversions; k++)
        is = is || hs_python_is(p, i, conversions[k]);
    if (!is || !hs_python_is(p, i + 1, "("))
        return false;
    if (hs_python_is(p, i + 2, ")"))
        return i > 1 && hs_python_is(p, i - 1, ".");
    for (uint32_t k = i + 1; k < p->n && p->token[k].row == row; k++) {
        depth += hs_python_is(p, k, "(") || hs_python_is(p, k, "[");
        uint32_t last = after_dotted(p, k, p->n);
        bool begins = hs_python_is(p, k - 1, "(") || hs_python_is(p, k - 1, ",");
        if (depth == 1 && begins && p->token[k].kind == HS_PYTHON_NAME &&
            (hs_python_is(p, last, ")") || hs_python_is(p, last, ",")))
            return true;
        depth -= hs_python_is(p, k, ")") || hs_python_is(p, k, "]");
        if (!depth)
            return false;
    }
    return false;
}

static void find_converting(void *context, const char *file, const struct hs_python *p)
{
    struct converting *q = context;
    uint32_t row = hs_python_row_at(p, q->line);
    (void)file;
    for (uint32_t i = row == HS_PYTHON_NONE ? p->n : p->row[row].first; i + 1 < p->n && p->token[i].row == row; i++)
        q->converts = q->converts || converts(p, i, row);
}

void hs_diagnosis_converted(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                            const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX];
    struct converting q = {.line = split(d->line, file)};
    struct hs_diagnosis with = *d;
    bool alone = d->cause == HS_CAUSE_FRAGMENTED && d->n_between == 1;
    if ((d->cause != HS_CAUSE_FULL && !alone) || d->needed.anew || !q.line || !hs_peak_find_converted(&with, w, names) ||
        (alone && strcmp(d->between[0].name, with.peak_of) != 0))
        return;
    with_python(&(struct files){d, names, sources, find_converting, &q}, file);
    if (q.converts) {
        d->peak_bytes = with.peak_bytes;
        memcpy(d->peak_of, with.peak_of, sizeof d->peak_of);
        d->cause = HS_CAUSE_PEAK;
        d->peak = HS_PEAK_COPY;
    }
}

/* ---- what replaces what it is made from ---- */

struct replacing {
    uint32_t asked, made; /* lines of the file: of the request, of the old block */
    bool is;
};

/* The last token of the name that the row assigns; NONE: it assigns none. */
static uint32_t assigned_name(const struct hs_python *p, uint32_t row)
{
    uint32_t first = p->row[row].first, sign = after_dotted(p, first, first + p->row[row].n);
    bool is = p->token[first].kind == HS_PYTHON_NAME && hs_python_is(p, sign, "=");
    return is ? sign - 1 : HS_PYTHON_NONE;
}

/* new = ... in the requesting row, self.old = new in a later one of its function, and the old block's row assigns self.old. */
static void find_replacing(void *context, const char *file, const struct hs_python *p)
{
    struct replacing *q = context;
    uint32_t asked = hs_python_row_at(p, q->asked), made = hs_python_row_at(p, q->made);
    (void)file;
    if (asked == HS_PYTHON_NONE || made == HS_PYTHON_NONE)
        return;
    uint32_t name = assigned_name(p, asked), old = assigned_name(p, made);
    for (uint32_t i = asked + 1; name != HS_PYTHON_NONE && old != HS_PYTHON_NONE && i < p->n_rows; i++) {
        uint32_t to = p->row[i].scope == p->row[asked].scope ? assigned_name(p, i) : HS_PYTHON_NONE;
        bool whole = to != HS_PYTHON_NONE && to + 3 == p->row[i].first + p->row[i].n;
        q->is = q->is || (whole && hs_python_same(p, to, old) && hs_python_same(p, to + 2, name));
    }
}

/* Whether the token's name is that of the list, dict or set that keeps most of the heap. */
static bool is_filled_one(const struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources,
                          const struct hs_python_token *name)
{
    char by[HS_NAME_MAX], words[100];
    memcpy(by, d->filled.by, sizeof by);
    hs_variables_named(by, sources, names->reader);
    snprintf(words, sizeof words, "variable %.*s of ", (int)(name->length < 64 ? name->length : 64), name->at);
    return strstr(by, words) || (strlen(d->filled.global) == name->length && !memcmp(d->filled.global, name->at, name->length));
}

/* data = work(data), of a call that was running: the new value is made beside the old one, which keeps most of the heap. */
static bool is_made_from_old(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                             const struct hs_sources_at *at, const struct hs_program_text *sources)
{
    const struct hs_python *p = &sources->python;
    for (uint32_t f = 1; f < w->graph.frames.n; f++) {
        uint32_t row = hs_program_text_row_of_call(sources, &w->graph.frames.frame[f]);
        uint32_t name = row == UINT32_MAX ? HS_PYTHON_NONE : assigned_name(p, row);
        if (name == HS_PYTHON_NONE || !is_filled_one(d, names, at, &p->token[name]))
            continue;
        for (uint32_t i = name + 2; i < p->row[row].first + p->row[row].n; i++)
            if (hs_python_same(p, i, name))
                return true;
    }
    return false;
}

static int find_made_from_old(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                              const struct hs_sources_at *at)
{
    struct hs_program_text sources;
    if (d->cause != HS_CAUSE_FULL || !w->referred || !d->filled.made || w->graph.frames.n < 2)
        return HS_OK;
    int error = hs_program_text_read(&sources, at, names);
    if (!error && is_made_from_old(d, w, names, at, &sources)) {
        d->peak_bytes = d->filled.bytes;
        snprintf(d->peak_of, sizeof d->peak_of, "%s", d->filled.made->name);
        d->cause = HS_CAUSE_PEAK;
        d->peak = HS_PEAK_COPY;
    }
    hs_program_text_free(&sources);
    return error == HS_ERR_KIND ? HS_OK : error;
}

int hs_diagnosis_replaced(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                          const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "", other[HS_NAME_MAX] = "";
    struct hs_diagnosis with = *d;
    struct replacing q = {.asked = split(d->line, file)};
    if (d->cause != HS_CAUSE_FULL || !q.asked || !hs_peak_find_converted(&with, w, names))
        return find_made_from_old(d, w, names, sources);
    q.made = split(with.peak_of, other);
    if (!q.made || strcmp(file, other) != 0)
        return find_made_from_old(d, w, names, sources);
    with_python(&(struct files){d, names, sources, find_replacing, &q}, file);
    if (!q.is)
        return find_made_from_old(d, w, names, sources);
    d->peak_bytes = with.peak_bytes;
    memcpy(d->peak_of, with.peak_of, sizeof d->peak_of);
    d->cause = HS_CAUSE_PEAK;
    d->peak = HS_PEAK_COPY;
    return HS_OK;
}

/* ---- the statement that adds ---- */

struct adder {
    const struct hs_live_line *by;
    char *to; /* of `to_size` bytes: what it adds to */
    size_t to_size;
    uint32_t line, begin; /* of the statement; 0: none */
};

/* NAME.append(...) or NAME[...] = ..., where NAME may have dots. */
static void find_statement(void *context, const char *file, const struct hs_python *p)
{
    struct adder *a = context;
    uint32_t row = hs_python_row_at(p, a->line);
    (void)file;
    if (row == HS_PYTHON_NONE)
        return;
    uint32_t first = p->row[row].first, end = first + p->row[row].n, after = after_dotted(p, first, end);
    a->begin = p->row[row].line;
    bool word = hs_python_is(p, first, "return") || hs_python_is(p, first, "yield") || hs_python_is(p, first, "print");
    if (p->token[first].kind != HS_PYTHON_NAME || after >= end || word)
        return;
    uint32_t last = hs_python_is(p, after, "[")                        ? after - 1
                    : hs_python_is(p, after, "(") && after > first + 2 ? after - 3
                                                                       : first;
    bool adds = hs_python_is(p, after, "[") || (hs_python_is(p, after, "(") && after > first + 2);
    if (adds)
        snprintf(a->to, a->to_size, "%.*s", (int)(p->token[last].at + p->token[last].length - p->token[first].at),
                 p->token[first].at);
}

/* The trace has the line at which a call is made: of a statement on several lines, any of them. `text` has HS_NAME_MAX bytes. */
static void find_adder(struct files *files, struct adder adder, char *text)
{
    char file[HS_NAME_MAX] = "";
    adder.line = adder.by ? split(adder.by->name, file) : 0;
    if (!adder.line)
        return;
    files->take = find_statement;
    files->context = &adder;
    with_python(files, file);
    const char *function = strchr(adder.by->name + strlen(file), ' ');
    if (adder.begin)
        snprintf(text, HS_NAME_MAX, "%.800s:%u%.200s", file, (unsigned)adder.begin, function ? function : "");
}

/* ---- data that are needed: what makes them ends ---- */

/* The calls that were running, outermost first. One without a source may call the next one as often as it likes. */
struct calls_then {
    uint32_t row[HS_ENDING_CALLS], n;
    uint32_t owner; /* the call that holds the data; 0: not known, or none */
    bool all;
};

static void find_calls_then(struct calls_then *c, const struct hs_frames *f, const struct hs_program_text *sources,
                            uint32_t holder)
{
    c->all = true;
    for (uint32_t i = f->n; i-- > 0;) {
        uint32_t row = hs_program_text_row_of_call(sources, &f->frame[i]);
        if (i == holder)
            c->owner = c->n;
        bool inner = c->n && row == c->row[c->n - 1]; /* a comprehension */
        if (row == UINT32_MAX || c->n == HS_ENDING_CALLS)
            c->all = false;
        else if (!inner)
            c->row[c->n++] = row;
    }
}

/* The rounds in which the line has made what is live: each kind of block that it makes, it makes once or more in each. */
static uint64_t rounds_made(const struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names)
{
    char name[HS_NAME_MAX];
    uint64_t least = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct hs_site_then *s = &w->site[i];
        bool mine = s->blocks >= d->grows->blocks / CONTAINER / CONTAINER && s->blocks > 1 && s->allocates &&
                    !strcmp(hs_name_of_site(names, s->site, HS_KEY_LINE, name), d->grows->name);
        least = mine && (!least || s->blocks < least) ? s->blocks : least;
    }
    return least;
}

/* Whether the row gives a variable a new value, made from others: each round lets go of the one before. */
static bool is_replacing(const struct hs_python *p, uint32_t row)
{
    uint32_t first = p->row[row].first, n = p->row[row].n;
    if (n < 3 || p->token[first].kind != HS_PYTHON_NAME || !hs_python_is(p, first + 1, "="))
        return false;
    for (uint32_t i = first + 2; i < first + n; i++)
        if (hs_python_same(p, i, first))
            return false;
    return true;
}

static void describe_needed(struct hs_diagnosis *d, const struct hs_ending *e, const struct hs_program_text *sources, bool anew)
{
    d->needed.known = true;
    d->needed.over = e->over;
    d->needed.anew = anew;
    d->needed.outside = e->loop == HS_PYTHON_NONE && !e->renewed;
    d->needed.times = anew ? 0 : e->times;
    if (e->loop != HS_PYTHON_NONE)
        hs_program_text_line(sources, e->loop, d->needed.loop);
    if (e->reads != HS_PYTHON_NONE)
        hs_program_text_line(sources, e->reads, d->needed.reads);
}

/* What holds the data: the row that adds to it, the running call that holds it, or UINT32_MAX, and its global, or "". */
struct container {
    uint32_t adds, frame;
    const char *global;
};

static struct container filling(const struct hs_diagnosis *d, const struct hs_program_text *sources)
{
    uint32_t adds = d->filled.adds ? hs_program_text_row_named(sources, d->filled.adds->name) : UINT32_MAX;
    return (struct container){adds, d->filled.frame, d->filled.global};
}

/* What keeps the blocks of the line that grows; else what fills the heap; else the line alone. */
static struct container growing(const struct hs_diagnosis *d, const struct hs_program_text *sources)
{
    struct container c = {UINT32_MAX, d->kept.known ? d->kept.frame : UINT32_MAX, d->kept.global};
    if (d->keeper && (d->kept.adds || !(d->kept.known || d->filled.adds))) /* a fact, or a guess by sizes */
        c.adds = hs_program_text_row_named(sources, d->keeper->name);
    else if (!d->kept.known && filling(d, sources).adds != UINT32_MAX)
        c = filling(d, sources);
    if (c.adds == UINT32_MAX)
        c.adds = hs_program_text_row_named(sources, d->grows->name);
    return c;
}

static int find_ending(struct hs_ending *ending, const struct hs_diagnosis *d, const struct hs_failure_state *w,
                       const struct hs_program_text *sources, struct container container)
{
    struct calls_then calls = {.n = 0};
    if (w->referred)
        find_calls_then(&calls, &w->graph.frames, sources, container.frame);
    const struct hs_ending_question question = {.sources = sources,
                                                .call = calls.row,
                                                .n_calls = calls.n,
                                                .all = calls.all,
                                                .owner = calls.owner,
                                                .adds = container.adds,
                                                .global = container.global,
                                                .most = d->total ? d->total : UINT64_MAX};
    return hs_ending_find(ending, &question);
}

static int find_needed(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                       const struct hs_program_text *sources)
{
    struct hs_ending ending;
    struct container container = growing(d, sources);
    if (container.adds == UINT32_MAX || d->views)
        return HS_OK;
    int error = find_ending(&ending, d, w, sources, container);
    if (!error && ending.ends) {
        bool anew = w->referred && !d->kept.adds && is_replacing(&sources->python, container.adds);
        describe_needed(d, &ending, sources, anew);
        d->needed.made = anew ? 0 : rounds_made(d, w, names);
    }
    return error;
}

bool hs_growth_ends(const struct hs_growing *growing, const struct hs_names *names, const struct hs_sources_at *at)
{
    struct hs_program_text sources;
    struct hs_ending ending = {.ends = false};
    if (!hs_program_text_read(&sources, at, names)) {
        uint32_t keeper = hs_program_text_row_named(&sources, growing->keeper);
        const struct hs_ending_question question = {
            .sources = &sources,
            .adds = keeper == UINT32_MAX ? hs_program_text_row_named(&sources, growing->name) : keeper,
            .most = UINT64_MAX};
        if (question.adds != UINT32_MAX && hs_ending_find(&ending, &question))
            ending.ends = false;
    }
    hs_program_text_free(&sources);
    return ending.ends;
}

/* ---- one thing that is made larger for ever ---- */

/* Whether the row makes something larger: NAME += ..., NAME = NAME + ..., NAME.append(...), NAME.extend(...). */
static bool makes_larger(const struct hs_python *p, uint32_t row)
{
    uint32_t last = p->row[row].first, end = last + p->row[row].n;
    while (last + 2 < end && hs_python_is(p, last + 1, "."))
        last += 2;
    return hs_python_extends(p, row) || (last > p->row[row].first && hs_python_is(p, last + 1, "(") &&
                                         (hs_python_is(p, last, "append") || hs_python_is(p, last, "extend")));
}

int hs_diagnosis_endless(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                         const struct hs_sources_at *at)
{
    struct hs_program_text sources;
    struct hs_ending ending = {.endless = false};
    bool larger = d->peak == HS_PEAK_LARGER || d->peak == HS_PEAK_COPY || d->peak == HS_PEAK_JOINED;
    if (d->cause != HS_CAUSE_PEAK || !larger || !d->asked)
        return HS_OK;
    int error = hs_program_text_read(&sources, at, names);
    uint32_t row = error ? UINT32_MAX : hs_program_text_row_named(&sources, d->line);
    if (row != UINT32_MAX && makes_larger(&sources.python, row))
        error = find_ending(&ending, d, w, &sources, (struct container){row, UINT32_MAX, NULL});
    if (!error && ending.endless) {
        d->cause = HS_CAUSE_GROWING;
        d->endless = true;
        d->grows = d->asked;
    }
    hs_program_text_free(&sources);
    return error == HS_ERR_KIND ? HS_OK : error;
}

/* ---- all ---- */

int hs_diagnosis_growth(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                        const struct hs_sources_at *at)
{
    struct hs_program_text sources;
    if (d->cause != HS_CAUSE_GROWING)
        return HS_OK;
    struct files files = {.d = d, .names = names, .sources = at};
    find_adder(&files, (struct adder){d->kept.adds ? d->keeper : NULL, d->kept.to, sizeof d->kept.to}, d->kept.adder);
    int error = hs_program_text_read(&sources, at, names);
    if (!error)
        error = find_needed(d, w, names, &sources);
    hs_program_text_free(&sources);
    return error == HS_ERR_KIND ? HS_OK : error;
}

/* What was found is about the innermost list, dict or set that grows. What fills the heap may be one of which that is a part: the rounds
 * in which it was filled are asked of it. */
static int find_filling(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_program_text *sources)
{
    struct hs_ending ending;
    struct container container = filling(d, sources);
    if (container.adds == UINT32_MAX || container.adds == growing(d, sources).adds)
        return HS_OK;
    int error = find_ending(&ending, d, w, sources, container);
    d->needed = (struct hs_needed){.known = true};
    if (!error && ending.ends)
        describe_needed(d, &ending, sources, false);
    return error;
}

int hs_diagnosis_filled(struct hs_diagnosis *d, const struct hs_failure_state *w, const struct hs_names *names,
                        const struct hs_sources_at *at)
{
    struct hs_program_text sources;
    struct files files = {.d = d, .names = names, .sources = at};
    if (d->cause != HS_CAUSE_FULL || !d->filled.adds)
        return HS_OK;
    find_adder(&files, (struct adder){d->filled.adds, d->filled.to, sizeof d->filled.to}, d->filled.adder);
    if (!d->needed.known || d->needed.anew || !d->grows)
        return HS_OK;
    int error = hs_program_text_read(&sources, at, names);
    if (!error)
        error = find_filling(d, w, &sources);
    hs_program_text_free(&sources);
    return error == HS_ERR_KIND ? HS_OK : error;
}

void hs_diagnosis_from_source(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    if (d->cause == HS_CAUSE_LOCKED || d->cause == HS_CAUSE_UNCOLLECTED)
        find_switch(d, names, sources);
    else if (d->cause == HS_CAUSE_FULL)
        find_held(d, names, sources);
    else if (d->cause == HS_CAUSE_PEAK || d->cause == HS_CAUSE_TOO_LARGE)
        find_extends(d, names, sources);
}
