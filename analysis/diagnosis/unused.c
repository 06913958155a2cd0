/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/unused.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/diagnosis/reach.h"

#define RESOLVE_DEPTH 3u /* functions that return the value to one another */
#define ESCAPE_DEPTH 3u  /* functions that pass the value to one another */

#define NONE HS_PYTHON_NONE

/* The variable: where it is assigned, and where it is visible. */
struct variable {
    uint32_t row;   /* of its assignment */
    uint32_t name;  /* token */
    uint32_t scope; /* function whose local it is; HS_PYTHON_MODULE: a global or an attribute */
    bool attribute;
};

struct search {
    const struct hs_python *python;
    const struct hs_unused_question *question;
    struct variable of;
    uint32_t failed; /* row */
    struct hs_python_reach reach;
    uint32_t *mention; /* `n_mentions`: rows in which the variable occurs */
    uint32_t n_mentions;
};

static bool is_any(const struct hs_python *p, uint32_t i, const char *const *words)
{
    while (*words && !hs_python_is(p, i, *words))
        words++;
    return *words;
}

bool hs_python_mentions(const struct hs_python *p, const char *name)
{
    for (uint32_t i = 0; i < p->n; i++)
        if (p->token[i].kind == HS_PYTHON_NAME && hs_python_is(p, i, name))
            return true;
    return false;
}

static uint32_t scope_at(const struct hs_python *p, uint32_t token) { return p->row[p->token[token].row].scope; }

/* Whether `scope` is `outer` or inside it. */
static bool is_inside(const struct hs_python *p, uint32_t scope, uint32_t outer)
{
    while (scope != outer && scope != HS_PYTHON_MODULE)
        scope = p->scope[scope].parent;
    return scope == outer;
}

/* ---- which variable ---- */

static bool declares_global(const struct hs_python *p, uint32_t scope, uint32_t name)
{
    for (uint32_t i = 0; i < p->n_rows; i++) {
        const struct hs_python_row *row = &p->row[i];
        if (row->scope != scope || !hs_python_is(p, row->first, "global"))
            continue;
        for (uint32_t k = row->first + 1; k < row->first + row->n; k++)
            if (hs_python_same(p, k, name))
                return true;
    }
    return false;
}

/* The only row that calls the function, or NONE. */
static uint32_t only_call(const struct hs_python *p, uint32_t scope)
{
    uint32_t found = NONE;
    for (uint32_t i = 0; scope != HS_PYTHON_MODULE && i + 1 < p->n; i++) {
        if (!hs_python_same(p, i, p->scope[scope].name) || hs_python_is_header(p, i))
            continue;
        if (found != NONE || !hs_python_is(p, i + 1, "("))
            return NONE;
        found = p->token[i].row;
    }
    return found;
}

/* The variable that row `row` assigns, or to which the function of the row returns the value. */
static bool resolve(const struct hs_python *p, uint32_t row, unsigned depth, struct variable *of)
{
    if (row == NONE || depth > RESOLVE_DEPTH)
        return false;
    const struct hs_python_row *r = &p->row[row];
    uint32_t scope = r->scope, first = r->first;
    bool attribute = r->n > 4 && hs_python_is(p, first, "self") && hs_python_is(p, first + 1, ".") &&
                     hs_python_is(p, first + 3, "=");
    if (hs_python_is(p, first, "return"))
        return resolve(p, only_call(p, scope), depth + 1, of);
    if (!attribute && (r->n < 3 || p->token[first].kind != HS_PYTHON_NAME || !hs_python_is(p, first + 1, "=")))
        return false;
    if (p->scope[scope].is_class)
        return false;
    *of = (struct variable){.row = row, .name = attribute ? first + 2 : first, .attribute = attribute};
    of->scope = attribute || declares_global(p, scope, first) ? HS_PYTHON_MODULE : scope;
    if (of->scope != HS_PYTHON_MODULE && hs_python_returns(p, scope, first))
        return resolve(p, only_call(p, scope), depth + 1, of);
    return true;
}

/* Whether token `i` is the variable. An attribute of that name of any object counts. */
static bool is_variable(const struct search *s, uint32_t i)
{
    const struct hs_python *p = s->python;
    if (!hs_python_same(p, i, s->of.name) || s->of.attribute != (i && hs_python_is(p, i - 1, ".")))
        return false;
    return s->of.scope == HS_PYTHON_MODULE || is_inside(p, scope_at(p, i), s->of.scope);
}

/* ---- whether something else may keep the value ---- */

/* What is called with a value without keeping it. */
static const char *const borrows[] = {"len",   "sum",     "min",      "max",       "any",         "all",       "print",
                                      "str",   "repr",    "int",      "float",     "bytes",       "bytearray", "array",
                                      "hash",  "abs",     "ord",      "loads",     "load",        "dumps",     "write",
                                      "send",  "sendall", "readinto", "unpack",    "unpack_from", "join",      "decode",
                                      "crc32", "hexlify", "calcsize", "pack_into", "isinstance",  NULL};

/* Words before a value that only read it. */
static const char *const reads[] = {"in", "if", "while", "elif", "not", "del", "assert", "global", "is", "with", "==", "!=",
                                    "<",  ">",  "<=",    ">=",   "+",   "-",   "*",      "/",      "%",  "+=",   "-=", NULL};

/* Words before a name in brackets that are no function. */
static const char *const words[] = {"in",     "if",    "while", "elif",   "not", "and", "or",
                                    "return", "yield", "print", "assert", "is",  NULL};

static bool escapes(const struct search *s, uint32_t i, unsigned depth);

/* The opening bracket around token `i` in its row, or NONE; *index: number of commas in between. */
static uint32_t bracket_before(const struct hs_python *p, uint32_t i, uint32_t *index)
{
    uint32_t depth = 0, first = p->row[p->token[i].row].first;
    *index = 0;
    for (uint32_t k = i; k-- > first;) {
        bool open = hs_python_is(p, k, "(") || hs_python_is(p, k, "[") || hs_python_is(p, k, "{");
        if (open && !depth)
            return hs_python_is(p, k, "(") ? k : NONE;
        depth -= open;
        depth += hs_python_is(p, k, ")") || hs_python_is(p, k, "]") || hs_python_is(p, k, "}");
        *index += !depth && hs_python_is(p, k, ",");
    }
    return NONE;
}

/* The function of the source with that name, if there is exactly one. */
static uint32_t function_named(const struct hs_python *p, uint32_t name)
{
    uint32_t found = NONE;
    for (uint32_t i = 1; i < p->n_scopes; i++) {
        if (!hs_python_same(p, p->scope[i].name, name))
            continue;
        if (found != NONE || p->scope[i].is_class)
            return NONE;
        found = i;
    }
    return found;
}

/* The parameter's name in the function's head, or NONE. */
static uint32_t parameter(const struct hs_python *p, uint32_t scope, uint32_t index)
{
    uint32_t at = p->scope[scope].name + 2, end = p->row[p->scope[scope].head].first + p->row[p->scope[scope].head].n;
    index += hs_python_is(p, at, "self");
    for (; at < end && index; at++) {
        if (hs_python_is(p, at, "*") || hs_python_is(p, at, "(") || hs_python_is(p, at, "["))
            return NONE;
        index -= hs_python_is(p, at, ",");
    }
    return at < end && p->token[at].kind == HS_PYTHON_NAME ? at : NONE;
}

/* Whether a function of the source keeps its parameter. */
static bool keeps_parameter(const struct search *s, uint32_t scope, uint32_t index, unsigned depth)
{
    const struct hs_python *p = s->python;
    uint32_t name = parameter(p, scope, index);
    struct search of = *s;
    if (name == NONE || depth > ESCAPE_DEPTH)
        return true;
    of.of = (struct variable){.row = p->scope[scope].head, .name = name, .scope = scope};
    for (uint32_t i = 0; i < p->n; i++)
        if (is_variable(&of, i) && escapes(&of, i, depth))
            return true;
    return false;
}

/* Whether a call with the value as an argument may keep it. */
static bool call_keeps(const struct search *s, uint32_t i, unsigned depth)
{
    const struct hs_python *p = s->python;
    uint32_t index, open = bracket_before(p, i, &index);
    bool call = open != NONE && open && p->token[open - 1].kind == HS_PYTHON_NAME && !is_any(p, open - 1, words);
    if (!call)
        return open == NONE || index || !hs_python_is(p, i + 1, ")"); /* in brackets alone */
    uint32_t scope = function_named(p, open - 1);
    return scope == NONE ? !is_any(p, open - 1, borrows) : keeps_parameter(s, scope, index, depth + 1);
}

/* Whether something else may keep the value after token `i`. */
static bool escapes(const struct search *s, uint32_t i, unsigned depth)
{
    const struct hs_python *p = s->python;
    bool element = hs_python_is(p, i + 1, "[") || (i && hs_python_is(p, i - 1, "in"));
    uint32_t before = s->of.attribute && i > 2 ? i - 2 : i; /* of self.NAME */
    if (hs_python_is(p, i + 1, "=") || hs_python_is(p, i + 1, "+="))
        return false;
    if (element || hs_python_is(p, i + 1, "."))
        return element && s->question->container;
    if (before == p->row[p->token[i].row].first || is_any(p, before - 1, reads))
        return false;
    bool argument = hs_python_is(p, before - 1, "(") || hs_python_is(p, before - 1, ",");
    return !argument || call_keeps(s, i, depth);
}

static bool is_kept_elsewhere(const struct search *s)
{
    for (uint32_t i = 0; i < s->python->n; i++)
        if (is_variable(s, i) && escapes(s, i, 0))
            return true;
    return false;
}

/* ---- what can still be executed ---- */

/* The row of the variable's scope that was being executed at the failure: the first one that leads there. NONE: the function
 * has returned. */
static uint32_t executing(struct search *s)
{
    const struct hs_python *p = s->python;
    bool exact = p->row[s->failed].scope == s->of.scope;
    uint32_t from = p->row[s->of.row].scope == s->of.scope ? s->of.row + 1 : 0;
    for (uint32_t i = exact ? s->failed : from; i < p->n_rows; i++) {
        bool head = hs_python_is_header(p, p->row[i].first + 1);
        if (p->row[i].scope == s->of.scope && !head && hs_python_leads(&s->reach, i, s->failed))
            return i;
    }
    return NONE;
}

/* False when out of memory. */
static bool find_mentions(struct search *s)
{
    const struct hs_python *p = s->python;
    s->mention = calloc((size_t)p->n_rows + 1, sizeof *s->mention);
    for (uint32_t i = 0; s->mention && i < p->n; i++)
        if (is_variable(s, i) && (!s->n_mentions || s->mention[s->n_mentions - 1] != p->token[i].row))
            s->mention[s->n_mentions++] = p->token[i].row;
    return s->mention;
}

/* Whether the variable occurs in a row that may still be executed, where execution is at row `from` of its scope. */
static bool is_used_from(struct search *s, uint32_t from)
{
    const struct hs_python *p = s->python;
    hs_python_reach_clear(&s->reach);
    hs_python_reach_callbacks(&s->reach);
    for (uint32_t i = from; i < p->n_rows; i++)
        if (p->row[i].scope == s->of.scope)
            hs_python_reach_row(&s->reach, i);
    for (uint32_t k = 0; k < s->n_mentions; k++) {
        uint32_t i = s->mention[k], scope = p->row[i].scope;
        if (scope == s->of.scope ? i >= from : s->of.scope != HS_PYTHON_MODULE || s->reach.reached[scope])
            return true;
    }
    return false;
}

/* ---- the answer ---- */

/* Whether the row, or what it calls, uses the variable; to assign it is no use. */
static bool uses(struct search *s, uint32_t row)
{
    const struct hs_python *p = s->python;
    hs_python_reach_clear(&s->reach);
    hs_python_reach_row(&s->reach, row);
    for (uint32_t k = 0; k < s->n_mentions; k++) {
        uint32_t i = s->mention[k];
        if (i != s->of.row && (i == row || s->reach.reached[p->row[i].scope]))
            return true;
    }
    return false;
}

/* The last row of the variable's scope before `from` that uses it, or NONE. */
static uint32_t last_use(struct search *s, uint32_t from)
{
    const struct hs_python *p = s->python;
    for (uint32_t i = from; i-- > 0;)
        if (p->row[i].scope == s->of.scope && !hs_python_is_header(p, p->row[i].first + 1) && uses(s, i))
            return i;
    return NONE;
}

static void describe(const struct search *s, uint32_t last, struct hs_unused *unused)
{
    const struct hs_python_token *name = &s->python->token[s->of.name];
    const char *prefix = s->of.attribute ? "self." : "";
    size_t n = strlen(prefix), length = name->length < HS_UNUSED_NAME - 8 ? name->length : HS_UNUSED_NAME - 8;
    uint32_t end = hs_python_loop_end(s->python, last);
    *unused = (struct hs_unused){.line = s->python->row[s->of.row].line,
                                 .last = s->python->row[end].line,
                                 .loop = end != last,
                                 .global = !s->of.attribute && s->of.scope == HS_PYTHON_MODULE};
    memcpy(unused->name, prefix, n);
    memcpy(unused->name + n, name->at, length);
}

/* A program that reaches names by their text cannot be judged. */
static bool is_opaque(const struct hs_python *p)
{
    return hs_python_mentions(p, "globals") || hs_python_mentions(p, "eval") || hs_python_mentions(p, "exec") ||
           hs_python_mentions(p, "getattr");
}

bool hs_unused_find(struct hs_unused *unused, const struct hs_python *p, const struct hs_unused_question *question)
{
    struct search s = {.python = p, .question = question, .failed = hs_python_row_at(p, question->failed)};
    uint32_t made = hs_python_row_at(p, question->made);
    *unused = (struct hs_unused){.line = 0};
    if (s.failed == NONE || is_opaque(p) || !resolve(p, made, 0, &s.of) || s.of.row == s.failed || is_kept_elsewhere(&s))
        return false;
    uint32_t from = hs_python_reach_make(&s.reach, p) && find_mentions(&s) ? executing(&s) : NONE;
    from = from == NONE ? NONE : hs_python_loop(p, from);
    uint32_t last = from == NONE || is_used_from(&s, from) ? NONE : last_use(&s, from);
    if (last != NONE)
        describe(&s, last, unused);
    hs_python_reach_free(&s.reach);
    free(s.mention);
    return last != NONE;
}
