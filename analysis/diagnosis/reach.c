/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/reach.h"

#include <stdlib.h>
#include <string.h>

#define CALLS_DEEP 8u /* functions around the loop */

#define NONE HS_PYTHON_NONE

bool hs_python_is_header(const struct hs_python *p, uint32_t i)
{
    return i && (hs_python_is(p, i - 1, "def") || hs_python_is(p, i - 1, "class"));
}

/* The method of a class, or the module's scope. */
static uint32_t method(const struct hs_python *p, uint32_t scope, const char *name)
{
    for (uint32_t i = scope + 1; i < p->n_scopes; i++)
        if (p->scope[i].parent == scope && hs_python_is(p, p->scope[i].name, name))
            return i;
    return HS_PYTHON_MODULE;
}

static void reach_names(struct hs_python_reach *s, uint32_t first, uint32_t n);

static void reach(struct hs_python_reach *s, uint32_t scope)
{
    const struct hs_python *p = s->python;
    if (s->reached[scope])
        return;
    s->reached[scope] = true;
    uint32_t init = p->scope[scope].is_class ? method(p, scope, "__init__") : HS_PYTHON_MODULE;
    if (init != HS_PYTHON_MODULE)
        reach(s, init);
    uint32_t head = p->scope[scope].head;
    for (uint32_t i = head + 1; i < p->n_rows && p->row[i].indent > p->row[head].indent; i++)
        if (p->row[i].scope == scope)
            reach_names(s, p->row[i].first, p->row[i].n);
}

/* Every function or class whose name occurs. */
static void reach_names(struct hs_python_reach *s, uint32_t first, uint32_t n)
{
    const struct hs_python *p = s->python;
    for (uint32_t i = first; i < first + n; i++)
        for (uint32_t k = s->named[i]; k; k = s->next[k])
            if (p->scope[k].is_class || !hs_python_is_header(p, i))
                reach(s, k);
}

void hs_python_reach_scope(struct hs_python_reach *s, uint32_t scope) { reach(s, scope); }

void hs_python_reach_callbacks(struct hs_python_reach *s)
{
    const struct hs_python *p = s->python;
    for (uint32_t k = 1; k < p->n_scopes; k++) {
        uint32_t name = p->scope[k].name;
        bool special = p->token[name].length > 4 && !memcmp(p->token[name].at, "__", 2) && !hs_python_is(p, name, "__init__");
        if (p->scope[k].decorated || special)
            reach(s, k);
    }
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t k = hs_python_is_header(p, i) || hs_python_is(p, i + 1, "(") ? 0 : s->named[i]; k; k = s->next[k])
            reach(s, k);
}

void hs_python_reach_clear(struct hs_python_reach *s) { memset(s->reached, 0, s->python->n_scopes * sizeof *s->reached); }

bool hs_python_reach_make(struct hs_python_reach *s, const struct hs_python *p)
{
    *s = (struct hs_python_reach){.python = p};
    s->reached = calloc(p->n_scopes, sizeof *s->reached);
    s->next = calloc(p->n_scopes, sizeof *s->next);
    s->named = calloc((size_t)p->n + 1, sizeof *s->named);
    if (!s->reached || !s->next || !s->named)
        return false;
    for (uint32_t k = p->n_scopes; k-- > 1;) {
        s->next[k] = s->named[p->scope[k].name];
        for (uint32_t i = 0; i < p->n; i++)
            s->named[i] = hs_python_same(p, i, p->scope[k].name) ? k : s->named[i];
    }
    return true;
}

void hs_python_reach_free(struct hs_python_reach *s)
{
    free(s->reached);
    free(s->named);
    free(s->next);
    *s = (struct hs_python_reach){.python = NULL};
}

void hs_python_reach_row(struct hs_python_reach *s, uint32_t row)
{
    reach_names(s, s->python->row[row].first, s->python->row[row].n);
}

bool hs_python_leads(struct hs_python_reach *s, uint32_t row, uint32_t other)
{
    const struct hs_python *p = s->python;
    if (row == other)
        return true;
    hs_python_reach_clear(s);
    hs_python_reach_row(s, row);
    return p->row[other].scope != HS_PYTHON_MODULE && s->reached[p->row[other].scope];
}

/* ---- loops ---- */

static bool is_loop(const struct hs_python *p, uint32_t row)
{
    return hs_python_is(p, p->row[row].first, "for") || hs_python_is(p, p->row[row].first, "while");
}

uint32_t hs_python_loop(const struct hs_python *p, uint32_t row)
{
    uint32_t indent = p->row[row].indent, found = row;
    for (uint32_t i = row; i-- > 0 && indent;) {
        const struct hs_python_row *r = &p->row[i];
        if (r->scope != p->row[row].scope || r->indent >= indent)
            continue;
        indent = r->indent;
        if (is_loop(p, i))
            found = i;
    }
    return found;
}

uint32_t hs_python_loop_end(const struct hs_python *p, uint32_t row)
{
    uint32_t loop = hs_python_loop(p, row), end = loop, indent = p->row[loop].indent;
    if (!is_loop(p, loop))
        return row;
    for (uint32_t i = loop + 1; i < p->n_rows; i++) {
        bool other = p->row[i].indent == indent && hs_python_is(p, p->row[i].first, "else");
        if (p->row[i].indent <= indent && !other)
            break;
        end = i;
    }
    return end;
}

static bool is_literal(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
}

/* Whether the module assigns a literal of at least one element to the name. */
static bool is_written(const struct hs_python *p, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        if (r->scope == HS_PYTHON_MODULE && r->n > 4 && hs_python_same(p, r->first, name) && hs_python_is(p, r->first + 1, "="))
            return is_literal(p, r->first + 2);
    }
    return false;
}

/* Whether a row that is no head of a function or class leads to row `to`. */
static bool leads_here(struct hs_python_reach *s, uint32_t row, uint32_t to)
{
    return !hs_python_is_header(s->python, s->python->row[row].first + 1) && hs_python_leads(s, row, to);
}

static bool leads_in(struct hs_python_reach *s, uint32_t scope, uint32_t to)
{
    for (uint32_t i = s->python->scope[scope].head + 1; i < s->python->n_rows; i++)
        if (s->python->row[i].scope == scope && leads_here(s, i, to))
            return true;
    return false;
}

/* for x in ("a", "b"): or for x in NAMES: */
static bool goes_over_literal(const struct hs_python *p, uint32_t row)
{
    const struct hs_python_row *r = &p->row[row];
    uint32_t i = r->first, end = r->first + r->n;
    if (!hs_python_is(p, i, "for"))
        return false;
    while (i < end && !hs_python_is(p, i, "in"))
        i++;
    return is_literal(p, i + 1) || (i + 1 < end && !hs_python_is(p, i + 2, "(") && is_written(p, i + 1));
}

static bool is_bounded_in(struct hs_python_reach *s, uint32_t scope, uint32_t to, unsigned depth);

/* Whether the name of the function is passed on: who calls it, and how often, is not known then. */
static bool is_value(const struct hs_python_reach *s, uint32_t scope)
{
    const struct hs_python *p = s->python;
    for (uint32_t i = 0; i < p->n; i++)
        if (hs_python_same(p, i, p->scope[scope].name) && !hs_python_is_header(p, i) && !hs_python_is(p, i + 1, "("))
            return true;
    return false;
}

/* Whether each function that row `row` names and that leads to row `to` does so in bounded loops only. */
static bool calls_bounded(struct hs_python_reach *s, uint32_t row, uint32_t to, unsigned depth)
{
    const struct hs_python *p = s->python;
    bool any = false;
    for (uint32_t i = p->row[row].first; i < p->row[row].first + p->row[row].n; i++)
        for (uint32_t k = s->named[i]; k; k = s->next[k]) {
            uint32_t called = p->scope[k].is_class ? method(p, k, "__init__") : k;
            if (called == HS_PYTHON_MODULE || !leads_in(s, called, to))
                continue;
            if (!hs_python_is(p, i + 1, "(") || is_value(s, k) || !is_bounded_in(s, called, to, depth + 1))
                return false;
            any = true;
        }
    return any;
}

/* Whether every row of the scope that leads to row `to` is in a loop over a literal, or in none and calls what is bounded. */
static bool is_bounded_in(struct hs_python_reach *s, uint32_t scope, uint32_t to, unsigned depth)
{
    const struct hs_python *p = s->python;
    bool any = false;
    for (uint32_t i = 0; i < p->n_rows && depth < CALLS_DEEP; i++) {
        if (p->row[i].scope != scope || !leads_here(s, i, to))
            continue;
        uint32_t loop = hs_python_loop(p, i);
        if (loop != i || is_loop(p, i) ? !goes_over_literal(p, loop) : i != to && !calls_bounded(s, i, to, depth))
            return false;
        any = true;
    }
    return any;
}

bool hs_python_is_bounded(struct hs_python_reach *s, uint32_t row) { return is_bounded_in(s, HS_PYTHON_MODULE, row, 0); }

/* ---- functions that make and return something ---- */

bool hs_python_returns(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *row = &p->row[i];
        if (row->scope == scope && row->n == 2 && hs_python_is(p, row->first, "return") && hs_python_same(p, row->first + 1, name))
            return true;
    }
    return false;
}

/* name = [], {}, list(), dict() or set() in the function: a parameter's default would live on. */
static bool makes(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = p->scope[scope].head + 1; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        bool own = r->scope == scope && r->n > 3 && hs_python_same(p, r->first, name) && hs_python_is(p, r->first + 1, "=");
        if (own &&
            (hs_python_is(p, r->first + 2, "[") || hs_python_is(p, r->first + 2, "{") || hs_python_is(p, r->first + 2, "list") ||
             hs_python_is(p, r->first + 2, "dict") || hs_python_is(p, r->first + 2, "set")))
            return true;
    }
    return false;
}

/* Whether the function declares the name global or nonlocal. */
static bool is_outer(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        bool declares = r->scope == scope && (hs_python_is(p, r->first, "global") || hs_python_is(p, r->first, "nonlocal"));
        for (uint32_t k = r->first + 1; declares && k < r->first + r->n; k++)
            if (hs_python_same(p, k, name))
                return true;
    }
    return false;
}

/* The first token of what the row does: after the head of a loop or condition in the same row. */
static uint32_t first_of_body(const struct hs_python *p, uint32_t row)
{
    static const char *const heads[] = {"for", "while", "if"};
    const struct hs_python_row *r = &p->row[row];
    bool head = false;
    uint32_t depth = 0;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        head = head || hs_python_is(p, r->first, heads[i]);
    for (uint32_t i = r->first; head && i + 1 < r->first + r->n; i++) {
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
        if (!depth && hs_python_is(p, i, ":"))
            return i + 1;
    }
    return r->first;
}

bool hs_python_is_builder(const struct hs_python *p, uint32_t row)
{
    static const char *const adding[] = {"append", "add", "extend", "insert"};
    const struct hs_python_row *r = &p->row[row];
    uint32_t first = first_of_body(p, row), n = r->first + r->n - first;
    bool adds = n > 4 && hs_python_is(p, first + 1, "["), joins = n > 2 && hs_python_is(p, first + 1, "+=");
    for (size_t i = 0; n > 4 && !adds && i < sizeof adding / sizeof *adding; i++)
        adds = hs_python_is(p, first + 1, ".") && hs_python_is(p, first + 2, adding[i]);
    return r->scope != HS_PYTHON_MODULE && (joins || (adds && makes(p, r->scope, first))) && !is_outer(p, r->scope, first) &&
           hs_python_returns(p, r->scope, first);
}
