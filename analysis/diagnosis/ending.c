/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/ending.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/loops.h"
#include "analysis/diagnosis/still_used.h"
#include "lib/record.h"

#define WAYS 64u    /* ways from the module's code to the row */
#define DEEP 12u    /* calls of a way that is found in the source alone */
#define SUBJECTS 8u /* names */

#define NONE HS_PYTHON_NONE

/* A name that stands for the data. */
struct subject {
    uint32_t token; /* the last one of a name with dots */
    bool attribute; /* of an object or class */
};

struct work {
    const struct hs_ending_question *q;
    const struct hs_python *p;
    struct hs_still_used used; /* names of local variables; what may be executed at any time */
    struct hs_python_reach reach;
    bool *owner; /* by scope: a class or function of which each object or call has its own of what the row adds to */
    bool *leads; /* by scope: it may execute the row that adds */
    uint32_t at; /* the row that adds; of a class's body, the row with `class`: it is executed once, there */
    struct subject subject[SUBJECTS]; /* `n_subjects`: what the row adds to, and what that is put into */
    uint32_t n_subjects;
};

/* ---- what the row adds to ---- */

/* NAME.append(...), NAME[...] = ..., NAME += ..., NAME = ...: the last part of NAME; NONE: it is no such row. */
static uint32_t target(const struct hs_python *p, uint32_t row)
{
    const struct hs_python_row *r = &p->row[row];
    uint32_t first = hs_python_body(p, row), end = r->first + r->n, last = first;
    if (p->token[first].kind != HS_PYTHON_NAME || hs_python_is(p, first, "return") || hs_python_is(p, first, "yield"))
        return NONE;
    while (last + 2 < end && hs_python_is(p, last + 1, ".") && p->token[last + 2].kind == HS_PYTHON_NAME)
        last += 2;
    bool method = hs_python_is(p, last + 1, "(");
    return !method ? last : last > first ? last - 2 : NONE;
}

static void add_subject(struct work *k, uint32_t token)
{
    const struct hs_python *p = k->p;
    bool dotted = token && hs_python_is(p, token - 1, ".");
    if (k->n_subjects < SUBJECTS)
        k->subject[k->n_subjects++] = (struct subject){token, dotted || p->scope[p->row[p->token[token].row].scope].is_class};
}

static bool is_named(const struct work *k, const struct subject *s, uint32_t i)
{
    const struct hs_python *p = k->p;
    bool dotted = i && hs_python_is(p, i - 1, "."), local = k->used.local[s->token];
    if (!hs_python_same(p, i, s->token))
        return false;
    if (s->attribute)
        return dotted || !k->used.local[i];
    bool same = p->row[p->token[i].row].scope == p->row[p->token[s->token].row].scope;
    return !dotted && (local ? k->used.local[i] && same : !k->used.local[i]);
}

/* Whether token `i` is one of the subjects, or the global that holds them. */
static bool is_subject(const struct work *k, uint32_t i)
{
    const char *global = k->q->global;
    bool is = global && *global && !k->used.local[i] && hs_python_is(k->p, i, global);
    for (uint32_t s = 0; !is && s < k->n_subjects; s++)
        is = is_named(k, &k->subject[s], i);
    return is;
}

/* Whether the row puts a subject into what it adds to: rows.append(row), self.rows[y] = row, self.rows = rows. */
static bool puts_subject(const struct work *k, uint32_t row, uint32_t into)
{
    const struct hs_python *p = k->p;
    for (uint32_t i = into + 1; i < p->row[row].first + p->row[row].n; i++)
        if (is_subject(k, i) && (hs_python_is(p, i - 1, "=") || hs_python_is(p, i - 1, "(") || hs_python_is(p, i - 1, ",")) &&
            (i + 1 == p->row[row].first + p->row[row].n || hs_python_is(p, i + 1, ")") || hs_python_is(p, i + 1, ",")))
            return true;
    return false;
}

/* What the row adds to, what that is put into, and so on. */
static void find_subjects(struct work *k)
{
    uint32_t first = target(k->p, k->q->adds), before = UINT32_MAX;
    if (first != NONE)
        add_subject(k, first);
    while (k->n_subjects != before) {
        before = k->n_subjects;
        for (uint32_t i = 0; before && i < k->p->n_rows; i++) {
            uint32_t into = target(k->p, i);
            if (into != NONE && !is_subject(k, into) && puts_subject(k, i, into))
                add_subject(k, into);
        }
    }
}

/* ---- what gives it a new value ---- */

/* The token of a subject to which the row assigns, also as one of several targets: text, n = '', 0. NONE: it assigns to none. */
static uint32_t assigned(const struct work *k, uint32_t row)
{
    const struct hs_python_row *r = &k->p->row[row];
    for (uint32_t i = r->first; i < r->first + r->n; i++)
        if (is_subject(k, i) && hs_python_is_target(k->p, i))
            return i;
    return NONE;
}

/* NAME[:] = ..., NAME[a:b] = ... */
static bool assigns_slice(const struct hs_python *p, uint32_t name)
{
    uint32_t depth = 0, end = p->row[p->token[name].row].first + p->row[p->token[name].row].n;
    bool colon = false;
    for (uint32_t i = name + 1; i < end && (depth || i == name + 1); i++) {
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
        colon = colon || (depth == 1 && hs_python_is(p, i, ":"));
        if (!depth)
            return colon && hs_python_is(p, i, "]") && hs_python_is(p, i + 1, "=");
    }
    return false;
}

/* The classes of which each object begins with its own value of the attribute to which the row adds. */
static void find_classes(struct work *k)
{
    const struct hs_python *p = k->p;
    for (uint32_t i = 0; k->n_subjects && k->subject->attribute && i < p->n_rows; i++) {
        uint32_t scope = p->row[i].scope, name = i == k->q->adds ? NONE : assigned(k, i);
        bool init = scope != HS_PYTHON_MODULE && hs_python_is(p, p->scope[scope].name, "__init__");
        bool value = p->token[p->row[i].first + p->row[i].n - 1].kind == HS_PYTHON_VALUE;
        if (name != NONE && is_named(k, k->subject, name) && (init || (p->scope[scope].is_class && value)))
            k->owner[init ? p->scope[scope].parent : scope] = true;
    }
    for (uint32_t c = 1; c < p->n_scopes; c++) /* what is derived stands after its base */
        for (uint32_t i = p->scope[c].name + 1, row = p->scope[c].head;
             p->scope[c].is_class && i < p->row[row].first + p->row[row].n; i++)
            for (uint32_t base = k->reach.named[i]; base; base = k->reach.next[base])
                k->owner[c] = k->owner[c] || k->owner[base];
}

/* The function of which each call has its own variable, to which a function inside it adds. */
static void find_enclosing(struct work *k)
{
    const struct hs_python *p = k->p;
    const struct subject *s = k->subject;
    uint32_t scope = p->row[k->q->adds].scope;
    while (k->n_subjects && !s->attribute && !k->used.local[s->token] && scope != HS_PYTHON_MODULE) {
        scope = p->scope[scope].parent;
        for (uint32_t i = 0; scope != HS_PYTHON_MODULE && i < p->n; i++)
            k->owner[scope] = k->owner[scope] ||
                              (hs_python_same(p, i, s->token) && k->used.local[i] && p->row[p->token[i].row].scope == scope);
    }
}

/* Whether each round of the loop may make an object that begins with its own value, or call such a function, itself or in what it calls. */
static bool makes_owner(struct work *k, uint32_t loop)
{
    hs_python_reach_clear(&k->reach);
    for (uint32_t i = loop + 1; i < hs_loop_after(k->p, loop); i++)
        hs_python_reach_row(&k->reach, i);
    for (uint32_t c = 1; c < k->p->n_scopes; c++)
        if (k->owner[c] && k->reach.reached[c])
            return true;
    return false;
}

/* ---- what uses it ---- */

/* The length, or the newest element, do not need all of them. */
static bool is_in_passing(const struct hs_python *p, uint32_t i)
{
    uint32_t first = i;
    while (first > 1 && hs_python_is(p, first - 1, ".") && p->token[first - 2].kind == HS_PYTHON_NAME)
        first -= 2;
    bool length = first > 1 && hs_python_is(p, first - 1, "(") && hs_python_is(p, first - 2, "len") &&
                  hs_python_is(p, i + 1, ")");
    bool newest = hs_python_is(p, i + 1, "[") && hs_python_is(p, i + 2, "-");
    return length || newest;
}

static bool reads(const struct work *k, uint32_t row)
{
    const struct hs_python_row *r = &k->p->row[row];
    for (uint32_t i = r->first; i < r->first + r->n; i++)
        if (is_subject(k, i) && hs_python_reads(k->p, i) && !is_in_passing(k->p, i))
            return true;
    return false;
}

/* The row that reads the data when `row` is executed, or what it calls. */
static uint32_t reading(struct work *k, uint32_t row)
{
    const struct hs_python *p = k->p;
    if (reads(k, row))
        return row;
    hs_python_reach_clear(&k->reach);
    hs_python_reach_row(&k->reach, row);
    for (uint32_t i = 0; i < p->n_rows; i++)
        if (p->row[i].scope != HS_PYTHON_MODULE && k->reach.reached[p->row[i].scope] && reads(k, i))
            return i;
    return NONE;
}

/* The first row that reads them after the loop, in its scope or in those that called it. */
static uint32_t reading_after(struct work *k, const uint32_t *call, uint32_t n, uint32_t loop)
{
    const struct hs_python *p = k->p;
    for (uint32_t level = n; level-- > 0;) {
        uint32_t scope = p->row[call[level]].scope, end = hs_program_text_end(k->q->sources, call[level]);
        for (uint32_t i = level + 1 == n ? hs_loop_after(p, loop) : call[level] + 1; i < end; i++) {
            bool head = hs_python_is_header(p, p->row[i].first + 1);
            uint32_t found = p->row[i].scope == scope && !head ? reading(k, i) : NONE;
            if (found != NONE)
                return found;
        }
    }
    return NONE;
}

/* ---- what leads to the row ---- */

/* Whether the row is the one that adds, or names a function or class that leads to it. */
static bool row_leads(const struct work *k, uint32_t row)
{
    const struct hs_python *p = k->p;
    bool head = hs_python_is_header(p, p->row[row].first + 1) && !hs_python_is(p, p->row[row].first, "class");
    for (uint32_t i = p->row[row].first; !head && i < p->row[row].first + p->row[row].n; i++)
        for (uint32_t s = k->reach.named[i]; s; s = k->reach.next[s])
            if (k->leads[s])
                return true;
    return row == k->q->adds || row == k->at;
}

/* Marks the scope of a row that leads there, and the class of which it is __init__. Whether anything is new. */
static bool mark(struct work *k, uint32_t row)
{
    const struct hs_python *p = k->p;
    uint32_t scope = p->row[row].scope;
    bool body = p->scope[scope].is_class;
    if (scope == HS_PYTHON_MODULE || body || k->leads[scope] || !row_leads(k, row))
        return false;
    k->leads[scope] = true;
    if (hs_python_is(p, p->scope[scope].name, "__init__"))
        k->leads[p->scope[scope].parent] = true;
    return true;
}

static bool find_leading(struct work *k)
{
    bool more = true;
    k->at = k->q->adds;
    while (k->p->scope[k->p->row[k->at].scope].is_class)
        k->at = k->p->scope[k->p->row[k->at].scope].head;
    k->leads = calloc(k->p->n_scopes, sizeof *k->leads);
    while (k->leads && more) {
        more = false;
        for (uint32_t i = 0; i < k->p->n_rows; i++)
            more = mark(k, i) || more;
    }
    return k->leads;
}

/* ---- loops on the way ---- */

static bool loop_leads(const struct work *k, uint32_t loop)
{
    for (uint32_t i = loop; i < hs_loop_after(k->p, loop); i++)
        if (row_leads(k, i))
            return true;
    return false;
}

/* Whether the row assigns something new to what holds the data: last = Entry(last) is nothing new. */
static bool is_renewal(const struct work *k, uint32_t row)
{
    const struct hs_python *p = k->p;
    if (row == k->q->adds || hs_python_body(p, row) != p->row[row].first || assigned(k, row) == NONE)
        return false;
    for (uint32_t i = hs_python_assigning(p, row) + 1; i < p->row[row].first + p->row[row].n; i++)
        if (is_subject(k, i))
            return false;
    return true;
}

/* Whether the loop makes what holds the data anew each time, not only where a condition holds. */
static bool renews(const struct work *k, uint32_t loop)
{
    const struct hs_python *p = k->p;
    for (uint32_t i = loop + 1; i < hs_loop_after(p, loop); i++)
        if (p->row[i].indent == p->row[loop + 1].indent && is_renewal(k, i))
            return true;
    return false;
}

/* ---- what bounds it ---- */

/* Whether the row has len(NAME) of a subject in a condition. */
static bool asks_length(const struct work *k, uint32_t row)
{
    static const char *const heads[] = {"if", "elif", "while", "assert"};
    const struct hs_python_row *r = &k->p->row[row];
    bool head = false;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        head = head || hs_python_is(k->p, r->first, heads[i]);
    for (uint32_t i = r->first; head && i < r->first + r->n; i++)
        if (is_subject(k, i) && is_in_passing(k->p, i))
            return true;
    return false;
}

/* Whether the row takes something out of a subject, or gives it a new value where that is more than its first one. */
static bool shortens(const struct work *k, uint32_t row)
{
    static const char *const takes[] = {"pop", "popleft", "popitem", "remove", "clear"};
    const struct hs_python *p = k->p;
    const struct hs_python_row *r = &p->row[row];
    uint32_t loop[HS_LOOPS_DEEP];
    bool first = r->scope == HS_PYTHON_MODULE || p->scope[r->scope].is_class || r->scope == p->row[k->q->adds].scope ||
                 hs_python_is(p, p->scope[r->scope].name, "__init__");
    first = first && !hs_loops_around(p, row, loop);
    if (!first && assigned(k, row) != NONE)
        return true;
    for (uint32_t i = r->first; i < r->first + r->n; i++) {
        if (!is_subject(k, i))
            continue;
        if (hs_python_is(p, r->first, "del") || assigns_slice(p, i))
            return true;
        for (size_t t = 0; t < sizeof takes / sizeof *takes; t++)
            if (hs_python_is(p, i + 1, ".") && hs_python_is(p, i + 2, takes[t]))
                return true;
    }
    return false;
}

/* Whether anything may bound what is added to, beside the row that adds. Without a name it is not known what does. */
static bool is_bounded(const struct work *k)
{
    for (uint32_t i = 0; i < k->p->n_rows; i++)
        if (asks_length(k, i) || (i != k->q->adds && shortens(k, i)))
            return true;
    return !k->n_subjects;
}

/* A head that is executed itself is in its own loop only if it asks a generator for the next element, or has a condition. */
static bool is_within(const struct hs_python *p, const uint32_t *call, uint32_t n, uint32_t level, uint32_t loop)
{
    if (loop != call[level] || hs_python_is(p, p->row[loop].first, "while") || level + 1 == n)
        return true;
    uint32_t scope = p->row[call[level + 1]].scope;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->row[p->token[i].row].scope == scope && hs_python_is(p, i, "yield"))
            return true;
    return false;
}

struct way {
    uint32_t loop, level; /* the outermost loop that counts, and its call */
    uint64_t times;       /* 0: not known */
    bool endless, written, renewed;
    bool forever; /* an endless loop in which nothing that begins with its own is made */
};

static void take_loop(struct work *k, struct way *w, const uint32_t *call, uint32_t level, uint32_t loop)
{
    enum hs_loop_end end = hs_loop_ends(k->p, loop);
    if (renews(k, loop)) {
        *w = (struct way){.loop = NONE, .renewed = true, .times = 1};
        return;
    }
    w->endless = w->endless || end == HS_LOOP_ENDLESS;
    w->forever = w->forever || (end == HS_LOOP_ENDLESS && !makes_owner(k, loop));
    if (w->loop == NONE) {
        w->loop = loop;
        w->level = level;
        w->written = end == HS_LOOP_WRITTEN;
    }
    w->times *= hs_loop_times(k->p, loop, call, level + 1);
}

/* Follows the calls from the outermost one. */
static struct way follow(struct work *k, const uint32_t *call, uint32_t n, uint32_t owner)
{
    struct way w = {.loop = NONE, .times = 1};
    uint32_t loop[HS_LOOPS_DEEP];
    for (uint32_t level = 0; level < n; level++) {
        uint32_t loops = hs_loops_around(k->p, call[level], loop);
        for (uint32_t i = 0; i < level; i++) /* of a function that calls itself, the rounds are not known */
            w.times = k->p->row[call[i]].scope == k->p->row[call[level]].scope ? 0 : w.times;
        if (level == owner && w.loop != NONE)
            w = (struct way){.loop = NONE, .renewed = true, .times = 1};
        for (uint32_t i = 0; i < loops; i++)
            if (is_within(k->p, call, n, level, loop[i]) && loop_leads(k, loop[i]))
                take_loop(k, &w, call, level, loop[i]);
    }
    return w;
}

/* Whether each call names the next one: else something that has no source calls it, as often as it likes. */
static bool is_joined(struct work *k, const uint32_t *call, uint32_t n)
{
    for (uint32_t i = 0; i + 1 < n; i++)
        if (!hs_python_leads(&k->reach, call[i], call[i + 1]))
            return false;
    return n && k->p->row[call[0]].scope == HS_PYTHON_MODULE;
}

/* Whether something else than the running calls may add: a callback, a generator or coroutine that is suspended. */
static bool may_add_any_time(struct work *k)
{
    uint32_t scope = k->p->row[k->at].scope;
    return scope != HS_PYTHON_MODULE && k->used.reach.reached[scope];
}

/* A local variable of the row's own call: the loops around the call have one each. */
static uint32_t own_call(const struct work *k, const uint32_t *call, uint32_t n)
{
    uint32_t scope = k->p->row[k->q->adds].scope;
    const struct subject *s = k->subject;
    bool own = k->n_subjects && !s->attribute && k->used.local[s->token] && hs_python_makes(k->p, scope, s->token);
    for (uint32_t i = 1; i < k->n_subjects; i++)
        own = own && !k->subject[i].attribute && k->used.local[k->subject[i].token];
    for (uint32_t i = n; own && i-- > 0;)
        if (k->p->row[call[i]].scope == scope)
            return i;
    return k->q->owner;
}

/* Whether a loop without an end makes the thing larger. A local variable of the row that adds lives as long as its call; what a parameter
 * refers to may be another thing in each call. */
static bool is_endless(struct work *k, const uint32_t *call, uint32_t n)
{
    const struct subject *s = k->subject;
    uint32_t owner = own_call(k, call, n), scope = k->p->row[k->q->adds].scope;
    bool local = k->n_subjects && !s->attribute && k->used.local[s->token], found = false;
    for (uint32_t i = n; local && !found && i-- > 0;) {
        found = k->p->row[call[i]].scope == scope;
        owner = found ? i : owner;
    }
    return follow(k, call, n, owner).forever && !is_bounded(k);
}

static struct hs_ending judge(struct work *k, const uint32_t *call, uint32_t n, bool all)
{
    struct way w = follow(k, call, n, own_call(k, call, n));
    struct hs_ending e = {.endless = is_endless(k, call, n),
                          .loop = w.loop,
                          .reads = NONE,
                          .times = w.loop == NONE ? 0 : w.times,
                          .renewed = w.renewed};
    if (w.endless || e.times > k->q->most)
        return e;
    if (w.loop == NONE) {
        bool adding = false;
        for (uint32_t i = 0; i < n; i++)
            adding = adding || call[i] == k->q->adds;
        e.over = !w.renewed && !adding && all && is_joined(k, call, n) && !may_add_any_time(k);
        e.ends = w.renewed || e.over || (adding && all && is_joined(k, call, n));
        return e;
    }
    e.reads = reading_after(k, call, w.level + 1, w.loop);
    e.ends = w.renewed || w.written || e.reads != NONE;
    return e;
}

/* ---- without the calls that were running: every way to the row ---- */

struct ways {
    struct work *k;
    uint32_t call[DEEP], n;
    uint32_t found; /* ways */
    bool end;       /* all of them so far */
    struct hs_ending first;
};

static void walk(struct ways *w, uint32_t scope);

static void step_into(struct ways *w, uint32_t row)
{
    const struct hs_python *p = w->k->p;
    for (uint32_t i = p->row[row].first; i < p->row[row].first + p->row[row].n; i++)
        for (uint32_t s = w->k->reach.named[i]; s; s = w->k->reach.next[s]) {
            walk(w, s);
            uint32_t init = p->scope[s].is_class ? hs_python_method(p, s, "__init__") : HS_PYTHON_MODULE;
            if (init != HS_PYTHON_MODULE)
                walk(w, init);
        }
}

static void arrive(struct ways *w)
{
    struct hs_ending e = judge(w->k, w->call, w->n, true);
    w->first = w->found ? w->first : e;
    w->found++;
    w->end = w->end && e.ends && w->found < WAYS;
}

/* Every row of the scope that leads there. A function that calls itself is entered once. */
static void walk(struct ways *w, uint32_t scope)
{
    const struct hs_python *p = w->k->p;
    for (uint32_t i = 0; i < w->n; i++)
        if (p->row[w->call[i]].scope == scope)
            return;
    for (uint32_t i = 0; i < p->n_rows && w->end; i++) {
        if (p->row[i].scope != scope || !row_leads(w->k, i))
            continue;
        if (w->n == DEEP) {
            w->end = false;
            return;
        }
        w->call[w->n++] = i;
        if (i == w->k->q->adds)
            arrive(w);
        else
            step_into(w, i);
        w->n--;
    }
}

static struct hs_ending judge_all(struct work *k)
{
    struct ways w = {.k = k, .end = !may_add_any_time(k)};
    walk(&w, HS_PYTHON_MODULE);
    w.first.ends = w.found && w.end;
    return w.first;
}

int hs_ending_find(struct hs_ending *ending, const struct hs_ending_question *q)
{
    struct work k = {.q = q, .p = &q->sources->python};
    *ending = (struct hs_ending){.loop = NONE, .reads = NONE};
    bool made = hs_still_used_make(&k.used, k.p, NULL, 0) && hs_python_reach_make(&k.reach, k.p) && find_leading(&k);
    k.owner = made ? calloc(k.p->n_scopes, sizeof *k.owner) : NULL;
    made = k.owner;
    if (made) {
        find_subjects(&k);
        find_classes(&k);
        find_enclosing(&k);
        *ending = q->n_calls ? judge(&k, q->call, q->n_calls, q->all) : judge_all(&k);
    }
    hs_still_used_free(&k.used);
    hs_python_reach_free(&k.reach);
    free(k.owner);
    free(k.leads);
    return made ? HS_OK : HS_ERR_MEMORY;
}
