/* SPDX-License-Identifier: MIT
 *
 * What only the sources say: where the program locks the heap or turns the collector off, and which variable is not used any
 * more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/reach.h"
#include "analysis/diagnosis/failure_watch.h"
#include "analysis/diagnosis/growth.h"

#define HELD_ROWS 3u  /* lines that hold most */
#define HELD_PART 16u /* minimum part of the heap that the variable holds */
#define CONTAINER 8u  /* minimum blocks of a list or dict with its elements */
#define PLACES 2u     /* calls that are named */

char *hs_sources_text(const struct hs_sources_at *sources, const struct hs_reader *reader, const char *file)
{
    return sources && sources->text ? sources->text(sources->trace, reader, file) : NULL;
}

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
};

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
        if (c->found++ < PLACES)
            snprintf(c->text + n, HS_NAME_MAX - n, "%s%.200s:%u", n ? " or " : "", file, (unsigned)p->row[p->token[i].row].line);
    }
}

static void find_switch(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    bool locked = d->cause == HS_CAUSE_LOCKED;
    struct calls calls = {locked ? NULL : "gc", locked ? "heap_lock" : "disable", d->switched, 0};
    each_file(&(struct files){d, names, sources, find_calls, &calls});
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

/* ---- the statement that adds ---- */

struct adder {
    struct hs_kept *kept;
    uint32_t line, begin; /* of the statement; 0: none */
};

/* The token after a name with dots that begins at token `i`. */
static uint32_t after_dotted(const struct hs_python *p, uint32_t i, uint32_t end)
{
    while (i + 2 < end && p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i + 1, ".") &&
           p->token[i + 2].kind == HS_PYTHON_NAME)
        i += 2;
    return i + 1;
}

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
    if (p->token[first].kind != HS_PYTHON_NAME || after >= end)
        return;
    uint32_t last = hs_python_is(p, after, "[")                        ? after - 1
                    : hs_python_is(p, after, "(") && after > first + 2 ? after - 3
                                                                       : first;
    bool adds = hs_python_is(p, after, "[") || (hs_python_is(p, after, "(") && after > first + 2);
    if (adds)
        snprintf(a->kept->to, sizeof a->kept->to, "%.*s", (int)(p->token[last].at + p->token[last].length - p->token[first].at),
                 p->token[first].at);
}

/* The trace has the line at which a call is made: of a statement on several lines, any of them. */
static void find_adder(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "";
    struct adder adder = {.kept = &d->kept};
    adder.line = d->kept.adds && d->keeper ? split(d->keeper->name, file) : 0;
    if (!adder.line)
        return;
    with_python(&(struct files){d, names, sources, find_statement, &adder}, file);
    const char *function = strchr(d->keeper->name + strlen(file), ' ');
    if (adder.begin)
        snprintf(d->kept.adder, sizeof d->kept.adder, "%.800s:%u%.200s", file, (unsigned)adder.begin, function ? function : "");
}

/* ---- data that are made from what is written in the source ---- */

struct bounded {
    uint32_t failed, grows; /* lines */
    bool is;
};

static void find_bounded(void *context, const char *file, const struct hs_python *p)
{
    struct bounded *b = context;
    struct hs_python_reach reach;
    uint32_t row = hs_python_row_at(p, b->failed), grows = hs_python_row_at(p, b->grows);
    (void)file;
    b->is = hs_python_reach_make(&reach, p) && row != HS_PYTHON_NONE &&
            (hs_python_is_bounded(&reach, row) || hs_python_is_builder(p, row) ||
             (grows != HS_PYTHON_NONE && hs_python_is_builder(p, grows)));
    hs_python_reach_free(&reach);
}

/* What is allocated in a loop that ends by itself, or by a function that returns it, does not grow for ever. */
static void find_needed(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "", other[HS_NAME_MAX] = "";
    struct bounded bounded = {split(d->line, file), split(d->grows->name, other), false};
    bounded.grows = strcmp(file, other) ? 0 : bounded.grows;
    if (bounded.failed)
        with_python(&(struct files){d, names, sources, find_bounded, &bounded}, file);
    d->cause = bounded.is ? HS_CAUSE_FULL : d->cause;
}

bool hs_growth_ends(const struct hs_growing *growing, const struct hs_names *names, const struct hs_sources_at *sources)
{
    char file[HS_NAME_MAX] = "";
    struct bounded bounded = {split(growing->name, file), 0, false};
    if (bounded.failed)
        with_python(&(struct files){NULL, names, sources, find_bounded, &bounded}, file);
    return bounded.is;
}

void hs_diagnosis_from_source(struct hs_diagnosis *d, const struct hs_names *names, const struct hs_sources_at *sources)
{
    if (d->cause == HS_CAUSE_LOCKED || d->cause == HS_CAUSE_UNCOLLECTED)
        find_switch(d, names, sources);
    else if (d->cause == HS_CAUSE_GROWING) {
        find_adder(d, names, sources);
        find_needed(d, names, sources);
    } else if (d->cause == HS_CAUSE_FULL)
        find_held(d, names, sources);
}
