/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/assigned.h"

#define NONE HS_PYTHON_NONE

static const struct hs_assigned nothing = {NONE, NONE};

/* Whether the row is one that made the value; where only the innermost is known, whether it leads there. */
static bool gives(struct hs_python_reach *s, uint32_t row, const struct hs_origin *made)
{
    for (uint32_t i = 0; i < made->n; i++)
        if (made->row[i] == row)
            return true;
    return made->n == 1 && !hs_python_is_header(s->python, s->python->row[row].first + 1) &&
           hs_python_leads(s, row, made->row[0]);
}

/* object.NAME = ...: the token NAME, or NONE. */
static uint32_t attribute_of(const struct hs_python *p, uint32_t row)
{
    const struct hs_python_row *r = &p->row[row];
    bool form = r->n > 4 && p->token[r->first].kind == HS_PYTHON_NAME && hs_python_is(p, r->first + 1, ".") &&
                hs_python_is(p, r->first + 3, "=");
    return form ? r->first + 2 : NONE;
}

/* Adds a candidate. False: there is one with another name. */
static bool add(const struct hs_python *p, struct hs_assigned *found, struct hs_assigned candidate)
{
    if (found->row != NONE && !hs_python_same(p, found->name, candidate.name)) {
        *found = nothing;
        return false;
    }
    *found = found->row == NONE ? candidate : *found;
    return true;
}

/* ---- a value that arrives through a variable ---- */

/* Whether a row of the function assigns the value to the name. */
static bool is_given_in(struct hs_python_reach *s, uint32_t scope, uint32_t name, const struct hs_origin *made)
{
    const struct hs_python *p = s->python;
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        if (r->scope == scope && r->n > 2 && hs_python_same(p, r->first, name) && hs_python_is(p, r->first + 1, "=") &&
            gives(s, i, made))
            return true;
    }
    return false;
}

/* The number of the parameter with that name, without self; NONE: it is no parameter. */
static uint32_t parameter_of(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    if (scope == HS_PYTHON_MODULE)
        return NONE;
    const struct hs_python_row *head = &p->row[p->scope[scope].head];
    uint32_t depth = 0, index = 0, first = p->scope[scope].name + 2;
    bool self = hs_python_is(p, first, "self");
    for (uint32_t i = first; i < head->first + head->n; i++) {
        bool begins = !depth && (hs_python_is(p, i - 1, "(") || hs_python_is(p, i - 1, ","));
        if (begins && hs_python_same(p, i, name))
            return index - self;
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
        index += !depth && hs_python_is(p, i, ",");
    }
    return NONE;
}

/* Tokens of an argument of the call whose opening bracket is token `open`. */
static bool argument_of(const struct hs_python *p, uint32_t open, uint32_t index, uint32_t *from, uint32_t *to)
{
    uint32_t depth = 0, end = p->row[p->token[open].row].first + p->row[p->token[open].row].n;
    *from = open + 1;
    for (uint32_t i = open + 1; i < end; i++) {
        bool last = !depth && hs_python_is(p, i, ")");
        if (last || (!depth && hs_python_is(p, i, ","))) {
            *to = i;
            if (!index--)
                return *from < i;
            *from = i + 1;
        }
        if (last)
            return false;
        depth += hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
        depth -= depth && (hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}"));
    }
    return false;
}

/* Whether an argument is the value: an expression that makes it, or a variable that was given it before. */
static bool argument_gives(struct hs_python_reach *s, uint32_t row, uint32_t from, uint32_t to, const struct hs_origin *made)
{
    const struct hs_python *p = s->python;
    if (to == from + 1)
        return p->token[from].kind == HS_PYTHON_NAME && is_given_in(s, p->row[row].scope, from, made);
    if (!gives(s, row, made))
        return false;
    bool inside = made->row[0] != row && p->row[made->row[0]].scope != HS_PYTHON_MODULE;
    hs_python_reach_clear(s);
    hs_python_reach_tokens(s, from, to - from);
    return !inside || s->reached[p->row[made->row[0]].scope];
}

/* Whether a call of the function passes the value as that parameter. */
static bool is_passed(struct hs_python_reach *s, uint32_t scope, uint32_t index, const struct hs_origin *made)
{
    const struct hs_python *p = s->python;
    uint32_t parent = p->scope[scope].parent, from, to;
    uint32_t name = hs_python_is(p, p->scope[scope].name, "__init__") && p->scope[parent].is_class ? p->scope[parent].name
                                                                                                   : p->scope[scope].name;
    for (uint32_t i = 0; i + 1 < p->n; i++)
        if (hs_python_same(p, i, name) && !hs_python_is_header(p, i) && hs_python_is(p, i + 1, "(") &&
            argument_of(p, i + 1, index, &from, &to) && argument_gives(s, p->token[i].row, from, to, made))
            return true;
    return false;
}

/* Whether the variable `name` of the function is given the value. */
static bool is_given(struct hs_python_reach *s, uint32_t scope, uint32_t name, const struct hs_origin *made)
{
    uint32_t index = parameter_of(s->python, scope, name);
    return index == NONE ? is_given_in(s, scope, name, made) : is_passed(s, scope, index, made);
}

/* ---- attributes ---- */

struct hs_assigned hs_assigned_attribute(struct hs_python_reach *s, const struct hs_origin *made)
{
    const struct hs_python *p = s->python;
    struct hs_assigned found = nothing;
    for (uint32_t i = 0; i < made->n; i++)
        if (attribute_of(p, made->row[i]) != NONE)
            return (struct hs_assigned){made->row[i], attribute_of(p, made->row[i])};
    for (uint32_t i = 0; made->n && i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        uint32_t name = attribute_of(p, i);
        if (name == NONE)
            continue;
        bool variable = r->n == 5 && p->token[r->first + 4].kind == HS_PYTHON_NAME;
        if ((variable ? is_given(s, r->scope, r->first + 4, made) : gives(s, i, made)) &&
            !add(p, &found, (struct hs_assigned){i, name}))
            return found;
    }
    return found;
}

/* ---- captured variables ---- */

/* Whether a function inside `scope` has the name. */
static bool is_captured(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t of = p->row[p->token[i].row].scope;
        if (of != HS_PYTHON_MODULE && of != scope && p->scope[of].parent == scope && hs_python_same(p, i, name))
            return true;
    }
    return false;
}

struct hs_assigned hs_assigned_captured(struct hs_python_reach *s, const struct hs_origin *made)
{
    const struct hs_python *p = s->python;
    struct hs_assigned found = nothing;
    for (uint32_t i = 0; made->n && i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        bool assigns = r->scope != HS_PYTHON_MODULE && !p->scope[r->scope].is_class && r->n > 2 &&
                       p->token[r->first].kind == HS_PYTHON_NAME && hs_python_is(p, r->first + 1, "=");
        if (assigns && is_captured(p, r->scope, r->first) && gives(s, i, made) &&
            !add(p, &found, (struct hs_assigned){i, r->first}))
            return found;
    }
    for (uint32_t k = 1; made->n && k < p->n_scopes; k++) {
        const struct hs_python_row *head = &p->row[p->scope[k].head];
        for (uint32_t i = p->scope[k].name + 2; !p->scope[k].is_class && i < head->first + head->n; i++) {
            uint32_t index = p->token[i].kind == HS_PYTHON_NAME ? parameter_of(p, k, i) : NONE;
            if (index != NONE && is_captured(p, k, i) && is_passed(s, k, index, made) &&
                !add(p, &found, (struct hs_assigned){p->scope[k].head, i}))
                return found;
        }
    }
    return found;
}

/* ---- caches ---- */

/* Whether a row of the function asks whether the dict has a key: "not in NAME", "in NAME", NAME.get(...). */
static bool is_asked(const struct hs_python *p, uint32_t scope, const char *name)
{
    for (uint32_t i = 2; i < p->n; i++) {
        uint32_t from = i;
        if (p->row[p->token[i].row].scope != scope || !hs_python_is(p, i, name))
            continue;
        while (from > 2 && hs_python_is(p, from - 1, "."))
            from -= 2;
        bool loop = hs_python_is(p, p->row[p->token[i].row].first, "for");
        bool get = hs_python_is(p, i + 1, ".") && hs_python_is(p, i + 2, "get") && hs_python_is(p, i + 3, "(");
        if ((!loop && hs_python_is(p, from - 1, "in")) || get)
            return true;
    }
    return false;
}

uint32_t hs_assigned_cache(const struct hs_python *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *r = &p->row[i];
        uint32_t at = r->n > 3 && hs_python_is(p, r->first + 1, ".") ? r->first + 2 : r->first, depth = 0;
        if (!hs_python_is(p, at, name) || !hs_python_is(p, at + 1, "[") || r->scope == HS_PYTHON_MODULE)
            continue;
        for (uint32_t k = at + 1; k < r->first + r->n; k++) {
            depth += hs_python_is(p, k, "[") || hs_python_is(p, k, "(");
            depth -= depth && (hs_python_is(p, k, "]") || hs_python_is(p, k, ")"));
            if (!depth && hs_python_is(p, k + 1, "=") && is_asked(p, r->scope, name))
                return i;
            if (!depth)
                break;
        }
    }
    return NONE;
}
