/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/reach.h"

#include <stdlib.h>
#include <string.h>

#define NONE HS_PYTHON_NONE

bool hs_python_is_header(const struct hs_python *p, uint32_t i)
{
    return i && (hs_python_is(p, i - 1, "def") || hs_python_is(p, i - 1, "class"));
}

uint32_t hs_python_method(const struct hs_python *p, uint32_t scope, const char *name)
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
    uint32_t init = p->scope[scope].is_class ? hs_python_method(p, scope, "__init__") : HS_PYTHON_MODULE;
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

void hs_python_reach_tokens(struct hs_python_reach *s, uint32_t first, uint32_t n) { reach_names(s, first, n); }

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

bool hs_python_makes(const struct hs_python *p, uint32_t scope, uint32_t name)
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

uint32_t hs_python_body(const struct hs_python *p, uint32_t row)
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

bool hs_python_extends(const struct hs_python *p, uint32_t row)
{
    uint32_t last = p->row[row].first, end = last + p->row[row].n;
    while (last + 2 < end && hs_python_is(p, last + 1, "."))
        last += 2;
    bool extends = hs_python_is(p, last + 1, "+=");
    for (uint32_t i = last + 2; !extends && hs_python_is(p, last + 1, "=") && i < end; i++)
        extends = hs_python_same(p, i, last);
    return extends;
}

/* ---- assignments ---- */

static int opens(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
}

static int closes(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}");
}

/* A bracket of an index or a call, not around targets or values. */
static bool opens_index(const struct hs_python *p, uint32_t i)
{
    return i && opens(p, i) && (p->token[i - 1].kind == HS_PYTHON_NAME || closes(p, i - 1));
}

uint32_t hs_python_assigning(const struct hs_python *p, uint32_t row)
{
    uint32_t depth = 0, sign = NONE;
    for (uint32_t i = p->row[row].first; i < p->row[row].first + p->row[row].n; i++) {
        sign = !depth && hs_python_is(p, i, "=") ? i : sign;
        depth += opens(p, i);
        depth -= depth && closes(p, i);
    }
    return sign;
}

bool hs_python_is_target(const struct hs_python *p, uint32_t i)
{
    uint32_t row = p->token[i].row, sign = hs_python_assigning(p, row), inside = 0;
    if (sign == NONE || i >= sign || opens_index(p, i + 1) || hs_python_is(p, i + 1, "."))
        return false;
    for (uint32_t t = p->row[row].first; t < i; t++) {
        inside += inside ? opens(p, t) : opens_index(p, t);
        inside -= inside && closes(p, t);
    }
    return !inside;
}

/* n += 1. The scanner takes n **= 2 for n * *= 2. */
static bool is_augmented(const struct hs_python *p, uint32_t i)
{
    static const char *const signs[] = {"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", ":="};
    bool twice = hs_python_is(p, i + 1, "*") || hs_python_is(p, i + 1, "/");
    for (size_t k = 0; k < sizeof signs / sizeof *signs; k++)
        if (hs_python_is(p, i + 1 + twice, signs[k]))
            return true;
    bool left = hs_python_is(p, i + 1, "<") && hs_python_is(p, i + 2, "<="),
         right = hs_python_is(p, i + 1, ">") && hs_python_is(p, i + 2, ">=");
    return left || right;
}

/* Between for and in. */
static bool is_of_loop(const struct hs_python *p, uint32_t i)
{
    uint32_t first = p->row[p->token[i].row].first;
    while (i-- > first && !hs_python_is(p, i, "in")) {
        if (hs_python_is(p, i, "for"))
            return true;
        if (p->token[i].kind != HS_PYTHON_NAME && !hs_python_is(p, i, ",") && !hs_python_is(p, i, "(") && !hs_python_is(p, i, "*"))
            return false;
    }
    return false;
}

bool hs_python_binds(const struct hs_python *p, uint32_t i)
{
    static const char *const words[] = {"as", "import", "del", "def", "class"};
    bool after = false;
    for (size_t k = 0; i && k < sizeof words / sizeof *words; k++)
        after = after || hs_python_is(p, i - 1, words[k]);
    return after || is_of_loop(p, i) || hs_python_is_target(p, i) || is_augmented(p, i);
}
