/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/still_used.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/unused.h"

/* ---- local names ---- */

/* Whether the token is bound there: assigned, a loop's variable, a parameter, what `as` names. */
static bool is_bound(const struct hs_python *p, uint32_t i)
{
    const struct hs_python_row *row = &p->row[p->token[i].row];
    bool head = hs_python_is(p, row->first, "def") && i > row->first + 1;
    bool parameter = head && (hs_python_is(p, i - 1, "(") || hs_python_is(p, i - 1, ",") || hs_python_is(p, i - 1, "*"));
    bool loop = i && (hs_python_is(p, i - 1, "for") || hs_python_is(p, i - 1, "as"));
    bool assigned = i == row->first &&
                    (hs_python_is(p, i + 1, "=") || hs_python_is(p, i + 1, "+=") || hs_python_is(p, i + 1, ","));
    return parameter || loop || assigned;
}

/* A row with `def` belongs to the scope around it; its parameters are names of the function. */
static uint32_t scope_of(const struct hs_python *p, uint32_t i)
{
    const struct hs_python_row *row = &p->row[p->token[i].row];
    bool head = hs_python_is(p, row->first, "def") && i > row->first + 1;
    for (uint32_t k = 1; head && k < p->n_scopes; k++)
        if (p->scope[k].head == p->token[i].row)
            return k;
    return row->scope;
}

static bool declares(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *row = &p->row[i];
        for (uint32_t k = row->scope == scope && hs_python_is(p, row->first, "global") ? row->first + 1 : UINT32_MAX;
             k < row->first + row->n; k++)
            if (hs_python_same(p, k, name))
                return true;
    }
    return false;
}

/* Marks the name in the scope, where it is local. */
static void mark(struct hs_still_used *u, uint32_t scope, uint32_t name)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < p->n; i++)
        if (hs_python_same(p, i, name) && scope_of(p, i) == scope)
            u->local[i] = true;
}

static void find_locals(struct hs_still_used *u)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t scope = p->token[i].kind == HS_PYTHON_NAME && !u->local[i] && is_bound(p, i) ? scope_of(p, i) : HS_PYTHON_MODULE;
        if (scope != HS_PYTHON_MODULE && !p->scope[scope].is_class && !declares(p, scope, i))
            mark(u, scope, i);
    }
}

/* ---- what can still be executed ---- */

/* A generator or coroutine may be suspended, and is not among the calls that run. */
static void reach_suspended(struct hs_still_used *u)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < p->n_rows; i++)
        for (uint32_t k = p->row[i].first; k < p->row[i].first + p->row[i].n; k++)
            if (p->row[i].scope != HS_PYTHON_MODULE && (hs_python_is(p, k, "yield") || hs_python_is(p, k, "await")))
                hs_python_reach_scope(&u->reach, p->row[i].scope);
}

/* The only token of the row that names the scope, or the class whose method it is; NONE: there is no such one. */
static uint32_t only_call(const struct hs_still_used *u, uint32_t row, uint32_t scope)
{
    const struct hs_python *p = u->python;
    uint32_t found = HS_PYTHON_NONE, class = p->scope[scope].parent;
    for (uint32_t i = p->row[row].first; i < p->row[row].first + p->row[row].n; i++) {
        bool names = false;
        for (uint32_t s = u->reach.named[i]; s; s = u->reach.next[s])
            names = names || s == scope || (s == class && p->scope[s].is_class);
        if (names && found != HS_PYTHON_NONE)
            return HS_PYTHON_NONE;
        found = names ? i : found;
    }
    return scope == HS_PYTHON_MODULE ? HS_PYTHON_NONE : found;
}

/* A row that is not in a loop does not make the call again that runs now; what that may still do is asked of its own rows. */
static void reach_running_row(struct hs_still_used *u, uint32_t running)
{
    const struct hs_python *p = u->python;
    uint32_t row = u->running[running].row, first = p->row[row].first, end = first + p->row[row].n;
    uint32_t call = running ? only_call(u, row, p->row[u->running[running - 1].row].scope) : HS_PYTHON_NONE;
    if (call == HS_PYTHON_NONE || u->running[running].from != row) {
        hs_python_reach_row(&u->reach, row);
        return;
    }
    hs_python_reach_tokens(&u->reach, first, call - first);
    hs_python_reach_tokens(&u->reach, call + 1, end - call - 1);
}

bool hs_still_used_make(struct hs_still_used *u, const struct hs_python *p, struct hs_running *running, uint32_t n)
{
    *u = (struct hs_still_used){.python = p, .running = running, .n = n};
    u->local = calloc((size_t)p->n + 1, sizeof *u->local);
    if (!u->local || !hs_python_reach_make(&u->reach, p))
        return false;
    find_locals(u);
    hs_python_reach_callbacks(&u->reach);
    reach_suspended(u);
    for (uint32_t i = 0; i < n; i++) {
        struct hs_running *r = &running[i];
        uint32_t scope = p->row[r->row].scope;
        r->from = hs_python_loop(p, r->row);
        for (uint32_t k = r->from; k < r->to; k++)
            if (p->row[k].scope == scope && k != r->row)
                hs_python_reach_row(&u->reach, k);
        reach_running_row(u, i);
    }
    return true;
}

void hs_still_used_free(struct hs_still_used *u)
{
    hs_python_reach_free(&u->reach);
    free(u->local);
    *u = (struct hs_still_used){.python = NULL};
}

bool hs_still_used_opaque(const struct hs_python *p)
{
    return hs_python_mentions(p, "globals") || hs_python_mentions(p, "eval") || hs_python_mentions(p, "exec") ||
           hs_python_mentions(p, "getattr");
}

static bool may_run(const struct hs_still_used *u, uint32_t row)
{
    uint32_t scope = u->python->row[row].scope;
    bool runs = scope != HS_PYTHON_MODULE && u->reach.reached[scope];
    for (uint32_t i = 0; i < u->n && !runs; i++)
        runs = u->python->row[u->running[i].row].scope == scope && row >= u->running[i].from && row < u->running[i].to;
    return runs;
}

/* Whether token `i`, or the attribute that it is, stands in len(...) alone. */
static bool is_length(const struct hs_python *p, uint32_t i)
{
    uint32_t from = i;
    while (from > 2 && hs_python_is(p, from - 1, "."))
        from -= 2;
    return from > 1 && hs_python_is(p, from - 2, "len") && hs_python_is(p, from - 1, "(") && hs_python_is(p, i + 1, ")");
}

/* Whether token `i` refers to the global. A keyword argument has no value of that name, nor has a declaration. */
static bool is_mention(const struct hs_still_used *u, uint32_t i, const char *name, bool attribute)
{
    const struct hs_python *p = u->python;
    const struct hs_python_row *row = &p->row[p->token[i].row];
    bool dotted = i && hs_python_is(p, i - 1, "."), keyword = i > row->first && hs_python_is(p, i + 1, "=") && i &&
                                                              (hs_python_is(p, i - 1, "(") || hs_python_is(p, i - 1, ","));
    return p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i, name) && !u->local[i] && (attribute || !dotted) && !keyword &&
           !hs_python_is(p, row->first, "global");
}

/* Whether a call of the scope is running, or may be suspended. */
static bool is_running(const struct hs_still_used *u, uint32_t scope)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < u->n; i++)
        if (p->row[u->running[i].row].scope == scope)
            return true;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->row[p->token[i].row].scope == scope && (hs_python_is(p, i, "yield") || hs_python_is(p, i, "await")))
            return true;
    return false;
}

/* Whether the row gives the name of token `i` a value that is not made from the old one: NAME = ..., self.NAME = ..., in the function's
 * own block. */
static bool sets_anew(const struct hs_python *p, uint32_t row, uint32_t i)
{
    const struct hs_python_row *r = &p->row[row];
    uint32_t head = p->scope[r->scope].head, at = r->first;
    bool dotted = i && hs_python_is(p, i - 1, ".");
    if (r->indent != p->row[head + 1].indent || (dotted && !(hs_python_is(p, at, "self") && hs_python_is(p, i - 2, "self"))))
        return false;
    at += dotted ? 2 : 0;
    if (!hs_python_same(p, at, i) || !hs_python_is(p, at + 1, "="))
        return false;
    for (uint32_t k = at + 1; k < r->first + r->n; k++)
        if (hs_python_same(p, k, i))
            return false;
    return true;
}

/* Whether the function of token `i` is not running, and when it is called sets the name anew before it comes there. */
static bool is_set_before(const struct hs_still_used *u, uint32_t i)
{
    const struct hs_python *p = u->python;
    uint32_t row = p->token[i].row, scope = p->row[row].scope;
    if (scope == HS_PYTHON_MODULE || p->scope[scope].is_class || is_running(u, scope))
        return false;
    for (uint32_t r = p->scope[scope].head + 1; r <= row; r++)
        if (p->row[r].scope == scope && sets_anew(p, r, i))
            return true;
    return false;
}

bool hs_still_used_global(const struct hs_still_used *u, const char *name, bool attribute)
{
    for (uint32_t i = 0; i < u->python->n; i++)
        if (is_mention(u, i, name, attribute) && !is_length(u->python, i) && may_run(u, u->python->token[i].row) &&
            !is_set_before(u, i))
            return true;
    return false;
}

static bool is_assigned(const struct hs_python *p, uint32_t i)
{
    uint32_t first = p->row[p->token[i].row].first;
    return (i == first && hs_python_is(p, i + 1, "=")) || hs_python_is_header(p, i) ||
           (i > first && hs_python_is(p, i - 1, ".") && i == first + 2 && hs_python_is(p, i + 1, "=")) ||
           (i > first && (hs_python_is(p, i - 1, "for") || hs_python_is(p, i - 1, "as") || hs_python_is(p, i - 1, "import")));
}

/* Whether the row only puts something into what token `i` names: list.append(x), dict[x] = y. */
static bool is_filled(const struct hs_python *p, uint32_t i)
{
    static const char *const adds[] = {"append", "extend", "insert", "add", "update", "appendleft", "clear"};
    const struct hs_python_row *row = &p->row[p->token[i].row];
    uint32_t depth = 0, at = i + 1;
    if (i != row->first && !(i == row->first + 2 && hs_python_is(p, i - 1, ".")))
        return false;
    for (size_t k = 0; k < sizeof adds / sizeof *adds; k++)
        if (hs_python_is(p, i + 1, ".") && hs_python_is(p, i + 2, adds[k]))
            return true;
    for (; hs_python_is(p, i + 1, "[") && at < row->first + row->n; at++) {
        depth += hs_python_is(p, at, "[");
        depth -= depth && hs_python_is(p, at, "]");
        if (!depth)
            return hs_python_is(p, at + 1, "=");
    }
    return false;
}

bool hs_python_reads(const struct hs_python *p, uint32_t i) { return !is_assigned(p, i) && !is_filled(p, i); }

bool hs_still_used_before(const struct hs_still_used *u, const char *name, bool attribute)
{
    for (uint32_t i = 0; i < u->python->n; i++)
        if (is_mention(u, i, name, attribute) && !is_assigned(u->python, i) && !is_filled(u->python, i))
            return true;
    return false;
}

bool hs_still_used_local(const struct hs_still_used *u, uint32_t running, const char *name)
{
    const struct hs_python *p = u->python;
    const struct hs_running *r = &u->running[running];
    uint32_t scope = p->row[r->row].scope;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t of = p->row[p->token[i].row].scope, row = p->token[i].row;
        if (!hs_python_is(p, i, name) || p->token[i].kind != HS_PYTHON_NAME || is_length(p, i))
            continue;
        bool inner = of != scope;
        while (inner && of != HS_PYTHON_MODULE && of != scope)
            of = p->scope[of].parent;
        if (inner ? of == scope && scope != HS_PYTHON_MODULE : row >= r->from && row < r->to)
            return true;
    }
    return false;
}

static bool is_within(const struct hs_python *p, uint32_t scope, uint32_t outer)
{
    while (scope != outer && scope != HS_PYTHON_MODULE)
        scope = p->scope[scope].parent;
    return scope == outer;
}

bool hs_still_used_captured(const struct hs_still_used *u, uint32_t scope, const char *name)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t of = p->row[p->token[i].row].scope;
        if (p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i, name) && of != scope && is_within(p, of, scope) &&
            !is_length(p, i))
            return true;
    }
    return false;
}

uint32_t hs_still_used_length(const struct hs_still_used *u, const char *name)
{
    const struct hs_python *p = u->python;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i, name) && is_length(p, i) && may_run(u, p->token[i].row))
            return p->token[i].row;
    return HS_PYTHON_NONE;
}

/* ---- a value that is about to be replaced ---- */

/* Whether the row reads NAME = ..., or OBJECT.NAME = ..., and has the name only there. */
static bool assigns_anew(const struct hs_python *p, uint32_t row, const char *name, bool attribute)
{
    const struct hs_python_row *r = &p->row[row];
    uint32_t at = r->first + (attribute ? 2 : 0);
    bool form = r->n > at - r->first + 2 && hs_python_is(p, at, name) && hs_python_is(p, at + 1, "=");
    for (uint32_t i = at + 2; form && i < r->first + r->n; i++)
        form = p->token[i].kind != HS_PYTHON_NAME || !hs_python_is(p, i, name);
    return form && (!attribute || hs_python_is(p, at - 1, "."));
}

bool hs_still_used_replaces(const struct hs_still_used *u, uint32_t running, const char *name)
{
    return assigns_anew(u->python, u->running[running].row, name, false);
}

/* Whether what a call has called, and what that may still call, has the name. */
static bool is_used_inside(struct hs_still_used *u, uint32_t running, const char *name, bool attribute)
{
    const struct hs_python *p = u->python;
    hs_python_reach_clear(&u->reach);
    for (uint32_t k = 0; k < running; k++)
        for (uint32_t i = u->running[k].from; i < u->running[k].to; i++)
            if (p->row[i].scope == p->row[u->running[k].row].scope)
                hs_python_reach_row(&u->reach, i);
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t row = p->token[i].row, scope = p->row[row].scope;
        bool runs = scope != HS_PYTHON_MODULE && u->reach.reached[scope];
        for (uint32_t k = 0; k < running && !runs; k++)
            runs = p->row[u->running[k].row].scope == scope && row >= u->running[k].from && row < u->running[k].to;
        if (runs && is_mention(u, i, name, attribute))
            return true;
    }
    return false;
}

uint32_t hs_still_used_replaced(struct hs_still_used *u, const char *name, bool attribute)
{
    const struct hs_python *p = u->python;
    for (uint32_t k = 0; k < u->n; k++) {
        uint32_t row = u->running[k].row, scope = p->row[row].scope;
        bool making = attribute && scope != HS_PYTHON_MODULE && hs_python_is(p, p->scope[scope].name, "__init__");
        bool local = !attribute && u->local[p->row[row].first];
        if (!making && !local && assigns_anew(p, row, name, attribute))
            return is_used_inside(u, k, name, attribute) ? HS_PYTHON_NONE : k;
    }
    return HS_PYTHON_NONE;
}

/* ---- the last use ---- */

static bool uses(struct hs_still_used *u, uint32_t row, const char *name, bool attribute)
{
    const struct hs_python *p = u->python;
    hs_python_reach_clear(&u->reach);
    hs_python_reach_row(&u->reach, row);
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t at = p->token[i].row, scope = p->row[at].scope;
        if (is_mention(u, i, name, attribute) && !is_assigned(p, i) && !is_filled(p, i) &&
            (at == row || (scope != HS_PYTHON_MODULE && u->reach.reached[scope])))
            return true;
    }
    return false;
}

uint32_t hs_still_used_last(struct hs_still_used *u, const char *name, bool attribute)
{
    const struct hs_python *p = u->python;
    for (uint32_t k = 0; k < u->n; k++) {
        uint32_t scope = p->row[u->running[k].row].scope;
        for (uint32_t i = u->running[k].from; i-- > 0;)
            if (p->row[i].scope == scope && !hs_python_is_header(p, p->row[i].first + 1) && uses(u, i, name, attribute))
                return i;
    }
    return HS_PYTHON_NONE;
}
