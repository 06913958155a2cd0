/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/loops.h"

#include <stdlib.h>
#include <string.h>

#define NONE HS_PYTHON_NONE
#define RESOLVE_DEPTH 8u /* names and brackets within each other */

/* ---- which ---- */

static bool is_loop(const struct hs_python *p, uint32_t row)
{
    uint32_t first = p->row[row].first;
    first += hs_python_is(p, first, "async");
    return hs_python_is(p, first, "for") || hs_python_is(p, first, "while");
}

uint32_t hs_loops_around(const struct hs_python *p, uint32_t row, uint32_t *loop)
{
    uint32_t n = 0, indent = p->row[row].indent + 1;
    for (uint32_t i = row + 1; i-- > 0 && indent && n < HS_LOOPS_DEEP;) {
        if (p->row[i].scope != p->row[row].scope || p->row[i].indent >= indent)
            continue;
        indent = p->row[i].indent;
        if (is_loop(p, i))
            loop[n++] = i;
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t other = loop[i];
        loop[i] = loop[n - 1 - i];
        loop[n - 1 - i] = other;
    }
    return n;
}

uint32_t hs_loop_after(const struct hs_python *p, uint32_t loop)
{
    uint32_t i = loop + 1, indent = p->row[loop].indent;
    while (i < p->n_rows &&
           (p->row[i].indent > indent || (p->row[i].indent == indent && hs_python_is(p, p->row[i].first, "else"))))
        i++;
    return i;
}

/* ---- whether they end ---- */

/* Whether a row of the loop leaves it: break, or return. */
static bool has_exit(const struct hs_python *p, uint32_t loop)
{
    uint32_t around[HS_LOOPS_DEEP];
    for (uint32_t i = loop + 1; i < hs_loop_after(p, loop); i++) {
        uint32_t n = p->row[i].scope == p->row[loop].scope ? hs_loops_around(p, i, around) : 0;
        for (uint32_t k = p->row[i].first; n && k < p->row[i].first + p->row[i].n; k++)
            if (hs_python_is(p, k, "return") || (hs_python_is(p, k, "break") && around[n - 1] == loop))
                return true;
    }
    return false;
}

static bool is_endless_while(const struct hs_python *p, uint32_t loop)
{
    uint32_t i = p->row[loop].first + 1;
    bool always = hs_python_is(p, i, "True") || (p->token[i].kind == HS_PYTHON_VALUE && !hs_python_is(p, i, "0"));
    return always && hs_python_is(p, i + 1, ":") && !has_exit(p, loop);
}

/* Whether the function is a generator with an endless loop. */
static bool is_endless_generator(const struct hs_python *p, uint32_t scope)
{
    bool yields = false, endless = false;
    for (uint32_t i = p->scope[scope].head + 1; i < p->n_rows && p->row[i].indent > p->row[p->scope[scope].head].indent; i++) {
        for (uint32_t k = p->row[i].first; k < p->row[i].first + p->row[i].n; k++)
            yields = yields || hs_python_is(p, k, "yield");
        endless = endless || (hs_python_is(p, p->row[i].first, "while") && is_endless_while(p, i));
    }
    return yields && endless;
}

/* The token after `in` of a loop's head; NONE: it is a while. */
static uint32_t iterated(const struct hs_python *p, uint32_t loop)
{
    const struct hs_python_row *r = &p->row[loop];
    for (uint32_t i = r->first; i < r->first + r->n; i++)
        if (hs_python_is(p, i, "in") && !hs_python_is(p, r->first, "while"))
            return i + 1;
    return NONE;
}

static bool is_literal(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
}

/* The value that the module assigns to the name, where that is a literal of at least one element: its first token; else NONE. */
static uint32_t written(const struct hs_python *p, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        if (r->scope == HS_PYTHON_MODULE && r->n > 4 && hs_python_same(p, r->first, name) && hs_python_is(p, r->first + 1, "="))
            return is_literal(p, r->first + 2) ? r->first + 2 : NONE;
    }
    return NONE;
}

enum hs_loop_end hs_loop_ends(const struct hs_python *p, uint32_t loop)
{
    static const char *const endless[] = {"count", "cycle", "iter"};
    uint32_t over = iterated(p, loop), end = p->row[loop].first + p->row[loop].n;
    if (over == NONE)
        return is_endless_while(p, loop) ? HS_LOOP_ENDLESS : HS_LOOP_ENDS;
    for (uint32_t i = over; i + 1 < end; i++) {
        if (!hs_python_is(p, i + 1, "("))
            continue;
        for (size_t k = 0; k < sizeof endless / sizeof *endless; k++)
            if (hs_python_is(p, i, endless[k]) && !has_exit(p, loop))
                return HS_LOOP_ENDLESS;
        for (uint32_t k = 1; k < p->n_scopes; k++)
            if (hs_python_same(p, i, p->scope[k].name) && is_endless_generator(p, k) && !has_exit(p, loop))
                return HS_LOOP_ENDLESS;
    }
    bool name = over + 1 < end && !hs_python_is(p, over + 1, "(") && !hs_python_is(p, over + 1, ".");
    return is_literal(p, over) || (name && written(p, over) != NONE) ? HS_LOOP_WRITTEN : HS_LOOP_ENDS;
}

/* ---- numbers ---- */

struct reading {
    const struct hs_python *p;
    const uint32_t *calls;
    uint32_t n_calls;
    uint32_t at, end; /* tokens */
    unsigned depth;
    bool known;
};

static int64_t sum(struct reading *r);

/* The number in tokens from `at` up to `end`, or up to a comma, bracket or colon before it. */
static int64_t number(const struct reading *outer, uint32_t at, uint32_t end, bool *known)
{
    struct reading r = *outer;
    r.at = at;
    r.end = end;
    r.depth++;
    r.known = r.depth < RESOLVE_DEPTH;
    int64_t value = r.known ? sum(&r) : 0;
    bool whole = r.at >= end || hs_python_is(r.p, r.at, ",") || hs_python_is(r.p, r.at, ")") || hs_python_is(r.p, r.at, ":");
    *known = r.known && whole;
    return value;
}

static int64_t within(struct reading *r, uint32_t at, uint32_t end)
{
    bool known;
    int64_t value = number(r, at, end, &known);
    r->known = r->known && known;
    return value;
}

/* The token after the argument that begins at `at`: its comma, or the bracket that closes the list. */
static uint32_t after_argument(const struct hs_python *p, uint32_t at)
{
    uint32_t depth = 0;
    for (; at < p->n; at++) {
        bool close = hs_python_is(p, at, ")") || hs_python_is(p, at, "]") || hs_python_is(p, at, "}");
        if (!depth && (close || hs_python_is(p, at, ",")))
            return at;
        depth += is_literal(p, at);
        depth -= close;
    }
    return at;
}

/* The argument number `index` of the list after the bracket `open`; or the one with the keyword. NONE: there is none. */
static uint32_t argument(const struct hs_python *p, uint32_t open, uint32_t index, uint32_t keyword)
{
    for (uint32_t at = open + 1; at < p->n && !hs_python_is(p, at, ")"); at++) {
        bool named = hs_python_is(p, at + 1, "=");
        if (named ? hs_python_same(p, at, keyword) : !index)
            return named ? at + 2 : at;
        index -= index && !named;
        at = after_argument(p, at);
        if (hs_python_is(p, at, ")"))
            break;
    }
    return NONE;
}

/* The scope of which the token's name is a parameter, where the name is used in `scope`; *index: its number, without self. */
static bool is_parameter(const struct hs_python *p, uint32_t scope, uint32_t name, uint32_t *index, uint32_t *token)
{
    if (scope == HS_PYTHON_MODULE || p->scope[scope].is_class)
        return false;
    uint32_t at = p->scope[scope].name + 2;
    at += hs_python_is(p, at, "self") ? 1 + hs_python_is(p, at + 1, ",") : 0;
    for (*index = 0; at < p->n && !hs_python_is(p, at, ")"); ++*index) {
        if (hs_python_same(p, at, name))
            return *token = at, true;
        at = after_argument(p, at);
        at += hs_python_is(p, at, ",");
    }
    return false;
}

/* The only row that calls the scope, or the one of the calls that run; its token with the name. NONE: there are none or several. */
static uint32_t call_of(const struct reading *r, uint32_t scope)
{
    const struct hs_python *p = r->p;
    bool init = hs_python_is(p, p->scope[scope].name, "__init__");
    uint32_t name = p->scope[init ? p->scope[scope].parent : scope].name, found = NONE;
    for (uint32_t i = 0; i + 1 < p->n; i++) {
        if (!hs_python_same(p, i, name) || hs_python_is_header(p, i) || !hs_python_is(p, i + 1, "("))
            continue;
        for (uint32_t k = 0; k < r->n_calls; k++)
            if (r->calls[k] == p->token[i].row)
                return i;
        if (found != NONE)
            return NONE;
        found = i;
    }
    return found;
}

/* The value that is assigned to a name, or to an attribute, if one row does so; its first token. */
static uint32_t only_value(const struct hs_python *p, uint32_t name, bool attribute)
{
    uint32_t found = NONE;
    for (uint32_t i = 0; i < p->n_rows; i++) {
        uint32_t first = p->row[i].first + (attribute ? 2 : 0);
        bool dotted = attribute && p->row[i].n > 4 && hs_python_is(p, p->row[i].first + 1, ".");
        if (p->row[i].n < 3 || (attribute && !dotted) || !hs_python_same(p, first, name))
            continue;
        if (!hs_python_is(p, first + 1, "=") || found != NONE)
            return NONE;
        found = first + 2;
    }
    return found;
}

static int64_t named(struct reading *r)
{
    const struct hs_python *p = r->p;
    uint32_t name = r->at, scope = p->row[p->token[name].row].scope, index, token;
    bool attribute = hs_python_is(p, name + 1, ".") && p->token[name + 2].kind == HS_PYTHON_NAME;
    name += attribute ? 2 : 0;
    r->at = name + 1;
    if (!attribute && is_parameter(p, scope, name, &index, &token)) {
        uint32_t call = call_of(r, scope), value = call == NONE ? NONE : argument(p, call + 1, index, name);
        if (value == NONE && hs_python_is(p, token + 1, "="))
            value = token + 2;
        return value == NONE ? (r->known = false, 0) : within(r, value, after_argument(p, value));
    }
    uint32_t value = only_value(p, name, attribute);
    if (value == NONE)
        return r->known = false, 0;
    const struct hs_python_row *row = &p->row[p->token[value].row];
    return within(r, value, row->first + row->n);
}

static uint64_t elements(const struct hs_python *p, uint32_t open)
{
    uint64_t n = 0;
    for (uint32_t at = open + 1; at < p->n && !hs_python_is(p, at, ")") && !hs_python_is(p, at, "]") && !hs_python_is(p, at, "}");
         n++) {
        at = after_argument(p, at);
        at += hs_python_is(p, at, ",");
    }
    return n;
}

static int64_t value_of(struct reading *r)
{
    const struct hs_python *p = r->p;
    uint32_t at = r->at;
    if (at >= r->end)
        return r->known = false, 0;
    if (p->token[at].kind == HS_PYTHON_VALUE) {
        char *end;
        int64_t value = strtoll(p->token[at].at, &end, 0);
        r->known = r->known && end == p->token[at].at + p->token[at].length;
        r->at++;
        return value;
    }
    bool constant = hs_python_is(p, at, "const") && hs_python_is(p, at + 1, "(");
    bool length = hs_python_is(p, at, "len") && hs_python_is(p, at + 1, "(") && hs_python_is(p, at + 3, ")");
    if (length) {
        uint32_t list = written(p, at + 2);
        r->at += 4;
        r->known = r->known && list != NONE;
        return list == NONE ? 0 : (int64_t)elements(p, list);
    }
    if (constant || hs_python_is(p, at, "(")) {
        uint32_t open = at + constant, close = after_argument(p, open + 1);
        r->at = close + 1;
        return within(r, open + 1, close);
    }
    if (p->token[at].kind == HS_PYTHON_NAME && !hs_python_is(p, at + 1, "("))
        return named(r);
    return r->known = false, 0;
}

static bool take(struct reading *r, const char *sign)
{
    bool is = r->at < r->end && hs_python_is(r->p, r->at, sign);
    r->at += is;
    return is;
}

static int64_t product(struct reading *r)
{
    int64_t value = value_of(r);
    for (;;) {
        if (r->at + 1 < r->end && hs_python_is(r->p, r->at, "*") && hs_python_is(r->p, r->at + 1, "*"))
            return r->known = false, 0;
        bool times = take(r, "*"), part = !times && hs_python_is(r->p, r->at, "/") && hs_python_is(r->p, r->at + 1, "/");
        if (!times && !part)
            return value;
        r->at += part ? 2 : 0;
        int64_t other = value_of(r);
        r->known = r->known && (times ? other < INT32_MAX && value < INT32_MAX && other >= 0 && value >= 0 : other > 0);
        value = !r->known ? 0 : times ? value * other : value / other;
    }
}

static int64_t sum(struct reading *r)
{
    int64_t value = product(r);
    for (;;) {
        bool plus = take(r, "+"), minus = !plus && take(r, "-");
        if (!plus && !minus)
            return value;
        int64_t other = product(r);
        value = plus ? value + other : value - other;
    }
}

/* ---- how often ---- */

static uint64_t times_of_range(const struct reading *r, uint32_t open)
{
    const struct hs_python *p = r->p;
    int64_t value[3] = {0, 0, 1};
    uint32_t n = 0;
    for (uint32_t at = open + 1; n < 3 && at < p->n && !hs_python_is(p, at, ")"); n++) {
        bool known;
        uint32_t end = after_argument(p, at);
        value[n] = number(r, at, end, &known);
        if (!known)
            return 0;
        at = end + hs_python_is(p, end, ",");
    }
    int64_t from = n > 1 ? value[0] : 0, to = n > 1 ? value[1] : value[0], by = value[2];
    return n && by > 0 && to > from ? (uint64_t)((to - from + by - 1) / by) : 0;
}

/* while i < N:, with i += 1 in it. */
static uint64_t times_of_while(const struct reading *r, uint32_t loop)
{
    const struct hs_python *p = r->p;
    const struct hs_python_row *row = &p->row[loop];
    uint32_t i = row->first + 1, end = row->first + row->n;
    bool less = hs_python_is(p, i + 1, "<") || hs_python_is(p, i + 1, "<=") || hs_python_is(p, i + 1, "!="), known;
    if (p->token[i].kind != HS_PYTHON_NAME || !less)
        return 0;
    for (uint32_t k = loop + 1; k < hs_loop_after(p, loop); k++) {
        uint32_t first = p->row[k].first;
        if (p->row[k].n != 3 || !hs_python_same(p, first, i) || !hs_python_is(p, first + 1, "+="))
            continue;
        int64_t by = number(r, first + 2, first + 3, &known), to = known && by > 0 ? number(r, i + 2, end, &known) : 0;
        return known && to > 0 ? (uint64_t)((to + by - 1) / by) : 0;
    }
    return 0;
}

uint64_t hs_loop_times(const struct hs_python *p, uint32_t loop, const uint32_t *calls, uint32_t n_calls)
{
    struct reading r = {.p = p, .calls = calls, .n_calls = n_calls, .known = true};
    uint32_t over = iterated(p, loop), list;
    if (over == NONE)
        return times_of_while(&r, loop);
    if (hs_python_is(p, over, "range") && hs_python_is(p, over + 1, "("))
        return times_of_range(&r, over + 1);
    bool name = p->token[over].kind == HS_PYTHON_NAME && hs_python_is(p, over + 1, ":");
    list = is_literal(p, over) ? over : name ? written(p, over) : NONE;
    return list == NONE ? 0 : elements(p, list);
}
