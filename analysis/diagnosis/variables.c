/* SPDX-License-Identifier: MIT
 *
 * MicroPython's compiler numbers the variables of a function in the order in which it meets their names. The parameters are first.
 * In an assignment the right side comes before the left one; in a loop, the sequence before the loop variable. Variables that an
 * inner function uses are last.
 */
#include "analysis/diagnosis/variables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 64u /* variables of a function; with more, none is named */

struct function {
    const struct hs_python *p;
    uint32_t scope;
    uint32_t own[NAMES], n_own; /* tokens: what the function assigns, in any order */
    uint32_t name[NAMES], n;    /* tokens: one of each variable, by its number */
    uint32_t parameters;
    uint32_t captured[NAMES], n_captured; /* tokens: variables that a comprehension uses */
    bool doubtful;
};

static bool is_opening(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, "(") || hs_python_is(p, i, "[") || hs_python_is(p, i, "{");
}

static bool is_closing(const struct hs_python *p, uint32_t i)
{
    return hs_python_is(p, i, ")") || hs_python_is(p, i, "]") || hs_python_is(p, i, "}");
}

static bool is_among(const struct hs_python *p, const uint32_t *name, uint32_t n, uint32_t token)
{
    for (uint32_t i = 0; i < n; i++)
        if (hs_python_same(p, name[i], token))
            return true;
    return false;
}

static void add(struct function *f, uint32_t *name, uint32_t *n, uint32_t token)
{
    if (is_among(f->p, name, *n, token))
        return;
    f->doubtful = f->doubtful || *n == NAMES;
    if (*n < NAMES)
        name[(*n)++] = token;
}

/* The closing bracket that belongs to the opening one at `i`; `end`: there is none. */
static uint32_t closing(const struct hs_python *p, uint32_t i, uint32_t end)
{
    uint32_t depth = 0;
    for (; i < end; i++) {
        depth += is_opening(p, i);
        depth -= is_closing(p, i);
        if (!depth)
            return i;
    }
    return end;
}

/* The token `word` outside of brackets; `end`: there is none. */
static uint32_t find_outside(const struct hs_python *p, uint32_t from, uint32_t end, const char *word)
{
    for (uint32_t i = from; i < end; i++) {
        i = is_opening(p, i) ? closing(p, i, end) : i;
        if (hs_python_is(p, i, word) && i < end)
            return i;
    }
    return end;
}

/* A name that stands for a variable: no attribute, no name of an argument in a call. */
static bool is_variable(const struct function *f, uint32_t i, bool inside)
{
    const struct hs_python *p = f->p;
    bool attribute = i && hs_python_is(p, i - 1, "."), argument = inside && hs_python_is(p, i + 1, "=");
    return p->token[i].kind == HS_PYTHON_NAME && is_among(p, f->own, f->n_own, i) && !attribute && !argument;
}

/* A comprehension is compiled as an inner function. Its sequence belongs to the outer function; the other names in it are its own
 * variables, or variables of the outer function that it uses. */
static void capture(struct function *f, uint32_t from, uint32_t word, uint32_t in, uint32_t end)
{
    for (uint32_t i = from; i < end; i++) {
        bool own = false;
        for (uint32_t k = word; k < in; k++)
            own = own || hs_python_same(f->p, k, i);
        if ((i < word || i > in) && is_variable(f, i, true) && !own)
            add(f, f->captured, &f->n_captured, i);
    }
}

static void add_names(struct function *f, uint32_t from, uint32_t end, bool inside);

static void add_bracket(struct function *f, uint32_t open, uint32_t close)
{
    const struct hs_python *p = f->p;
    uint32_t word = find_outside(p, open + 1, close, "for"), in = find_outside(p, word, close, "in");
    if (word == close || in == close) {
        add_names(f, open + 1, close, true);
        return;
    }
    uint32_t last = find_outside(p, in, close, "if"), next = find_outside(p, in, close, "for");
    last = next < last ? next : last;
    f->doubtful = f->doubtful || next < close;
    add_names(f, in + 1, last, true);
    capture(f, open + 1, word, in, word);
    capture(f, last, word, in, close);
}

/* A word of an f-string, which may be a use or text. */
static bool is_in_text(const struct hs_python *p, uint32_t i)
{
    uint32_t k = i;
    while (k && p->token[k].kind == HS_PYTHON_NAME)
        k--;
    return p->token[k].kind == HS_PYTHON_VALUE && p->token[i].at < p->token[k].at + p->token[k].length;
}

static void add_names(struct function *f, uint32_t from, uint32_t end, bool inside)
{
    const struct hs_python *p = f->p;
    for (uint32_t i = from; i < end; i++) {
        f->doubtful = f->doubtful || hs_python_is(p, i, "lambda");
        if (is_opening(p, i)) {
            uint32_t close = closing(p, i, end);
            add_bracket(f, i, close);
            i = close;
        } else if (is_variable(f, i, inside)) {
            f->doubtful = f->doubtful || (is_in_text(p, i) && !is_among(p, f->name, f->n, i));
            add(f, f->name, &f->n, i);
        }
    }
}

/* ---- what a function assigns ---- */

/* The names of a, (b, c) or *d; not those of a.b or a[b]. */
static void own_targets(struct function *f, uint32_t from, uint32_t end)
{
    const struct hs_python *p = f->p;
    for (uint32_t i = from; i < end; i++) {
        if (hs_python_is(p, i, "[") && i > from)
            i = closing(p, i, end);
        else if (p->token[i].kind == HS_PYTHON_NAME && !hs_python_is(p, i + 1, ".") && !hs_python_is(p, i + 1, "[") &&
                 !hs_python_is(p, i + 1, "(") && !(i && hs_python_is(p, i - 1, ".")))
            add(f, f->own, &f->n_own, i);
    }
}

static bool is_augmented(const struct hs_python *p, uint32_t i)
{
    const struct hs_python_token *t = &p->token[i];
    return i < p->n && t->kind == HS_PYTHON_SIGN && t->length > 1 && t->at[t->length - 1] == '=' && !strchr("=!<>", t->at[0]);
}

/* Rows of several statements, with annotations or of async are not read. */
static void own_row(struct function *f, uint32_t row)
{
    const struct hs_python *p = f->p;
    uint32_t first = p->row[row].first, end = first + p->row[row].n;
    bool import = hs_python_is(p, first, "import") || hs_python_is(p, first, "from");
    f->doubtful = f->doubtful || import || hs_python_is(p, first, "nonlocal") || hs_python_is(p, first, "del") ||
                  hs_python_is(p, first, "async") || find_outside(p, first, end, ":") + 1 < end;
    if (hs_python_is(p, first, "for"))
        own_targets(f, first + 1, find_outside(p, first, end, "in"));
    for (uint32_t from = first, sign = find_outside(p, first, end, "="); sign < end; sign = find_outside(p, from, end, "=")) {
        own_targets(f, from, sign);
        from = sign + 1;
    }
    if (is_augmented(p, first + 1))
        own_targets(f, first, first + 1);
    for (uint32_t i = first; i < end; i++) {
        bool as = hs_python_is(p, i, "as");
        if (as)
            own_targets(f, i + 1, i + 2);
        f->doubtful = f->doubtful || hs_python_is(p, i, ":=") || (as && is_opening(p, i + 1));
    }
}

/* What is declared global is not the function's own. */
static void disown(struct function *f, uint32_t row)
{
    const struct hs_python *p = f->p;
    uint32_t first = p->row[row].first, end = first + p->row[row].n, n = 0;
    for (uint32_t i = 0; i < f->n_own; i++) {
        bool declared = false;
        for (uint32_t k = first + 1; k < end; k++)
            declared = declared || hs_python_same(p, k, f->own[i]);
        if (!declared)
            f->own[n++] = f->own[i];
    }
    f->n_own = n;
}

static void find_own(struct function *f)
{
    const struct hs_python *p = f->p;
    for (uint32_t i = 0; i < f->n; i++)
        add(f, f->own, &f->n_own, f->name[i]);
    for (uint32_t i = 0; i < p->n_rows; i++)
        if (p->row[i].scope == f->scope)
            own_row(f, i);
    for (uint32_t i = 0; i < p->n_rows; i++)
        if (p->row[i].scope == f->scope && hs_python_is(p, p->row[i].first, "global"))
            disown(f, i);
}

/* ---- their order ---- */

static void add_row(struct function *f, uint32_t row)
{
    const struct hs_python *p = f->p;
    uint32_t first = p->row[row].first, end = first + p->row[row].n;
    bool loop = hs_python_is(p, first, "for");
    uint32_t sign = find_outside(p, first, end, loop ? "in" : "="), last = sign;
    for (uint32_t i = sign; !loop && i < end; i = find_outside(p, i + 1, end, "="))
        last = i;
    if (sign == end) {
        add_names(f, first, end, false);
        return;
    }
    add_names(f, last + 1, end, false);
    add_names(f, first, last, false);
}

static void add_parameters(struct function *f)
{
    const struct hs_python *p = f->p;
    const struct hs_python_row *head = &p->row[p->scope[f->scope].head];
    for (uint32_t i = p->scope[f->scope].name + 2; i < head->first + head->n && !hs_python_is(p, i, ")"); i++) {
        if (is_opening(p, i)) {
            i = closing(p, i, head->first + head->n);
            continue;
        }
        f->doubtful = f->doubtful || hs_python_is(p, i, "*");
        if (p->token[i].kind == HS_PYTHON_NAME && (hs_python_is(p, i - 1, "(") || hs_python_is(p, i - 1, ",")))
            add(f, f->name, &f->n, i);
    }
    f->parameters = f->n;
}

/* A function inside another one, or with one inside it: captured variables have other numbers. */
static bool is_nested(const struct hs_python *p, uint32_t scope)
{
    uint32_t around = p->scope[scope].parent;
    bool nested = around != HS_PYTHON_MODULE && !p->scope[around].is_class;
    for (uint32_t k = 1; k < p->n_scopes && !nested; k++)
        nested = p->scope[k].parent == scope;
    return nested;
}

/* Captured variables that are no parameters come last. */
static void move_captured(struct function *f)
{
    uint32_t moved[NAMES], n = f->parameters, n_moved = 0;
    for (uint32_t i = f->parameters; i < f->n; i++)
        if (is_among(f->p, f->captured, f->n_captured, f->name[i]))
            moved[n_moved++] = f->name[i];
        else
            f->name[n++] = f->name[i];
    for (uint32_t i = 0; i < n_moved; i++)
        f->name[n++] = moved[i];
}

static void number(struct function *f)
{
    const struct hs_python *p = f->p;
    f->doubtful = f->scope == HS_PYTHON_MODULE || p->scope[f->scope].is_class || is_nested(p, f->scope);
    if (!f->doubtful) {
        add_parameters(f);
        find_own(f);
    }
    for (uint32_t i = 0; i < p->n_rows && !f->doubtful; i++)
        if (p->row[i].scope == f->scope && i != p->scope[f->scope].head)
            add_row(f, i);
    move_captured(f);
}

bool hs_variable_name(const struct hs_python *p, const struct hs_variable *v, char *name)
{
    struct function *f = calloc(1, sizeof *f);
    bool found = false;
    if (f) {
        *f = (struct function){.p = p, .scope = v->scope};
        number(f);
        found = !f->doubtful && v->index < f->n && (v->index < f->parameters) == v->argument;
    }
    if (found) {
        const struct hs_python_token *t = &p->token[f->name[v->index]];
        snprintf(name, HS_VARIABLE_NAME, "%.*s", (int)(t->length < HS_VARIABLE_NAME ? t->length : HS_VARIABLE_NAME - 1), t->at);
    }
    free(f);
    return found;
}

/* The same in the function of a line of the file. */
static bool find_name(struct hs_variable v, uint32_t line, const char *source, char *name)
{
    struct hs_python p;
    uint32_t row = hs_python_read(&p, source) ? UINT32_MAX : hs_python_row_at(&p, line);
    v.scope = row == UINT32_MAX ? HS_PYTHON_MODULE : p.row[row].scope;
    bool found = row != UINT32_MAX && hs_variable_name(&p, &v, name);
    hs_python_free(&p);
    return found;
}

/* ---- the words ---- */

/* " of work (main.py:7)": the file and line; false: it is no such place. */
static bool read_place(const char *text, char *file, uint32_t *line)
{
    const char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL, *colon = close;
    while (colon && colon > open && *colon != ':')
        colon--;
    if (strncmp(text, " of ", 4) != 0 || !colon || colon <= open || (size_t)(colon - open) > HS_NAME_MAX)
        return false;
    snprintf(file, HS_NAME_MAX, "%.*s", (int)(colon - open - 1), open + 1);
    *line = (uint32_t)strtoul(colon + 1, NULL, 10);
    return true;
}

static void replace(char *text, char *at, size_t length, const char *words)
{
    char rest[HS_NAME_MAX];
    snprintf(rest, sizeof rest, "%s", at + length);
    snprintf(at, HS_NAME_MAX - (size_t)(at - text), "%s%s", words, rest);
}

static void name_variable(char *text, const char *kind, const struct hs_sources_at *sources, const struct hs_reader *reader)
{
    char file[HS_NAME_MAX], words[120], name[HS_VARIABLE_NAME], *at = strstr(text, kind), *end = NULL;
    uint32_t line, number = at ? (uint32_t)strtoul(at + strlen(kind), &end, 10) : 0;
    struct hs_variable v = {.index = number - 1, .argument = kind[0] == 'a'};
    if (!number || !read_place(end, file, &line))
        return;
    char *source = hs_sources_text(sources, reader, file);
    bool found = source && find_name(v, line, source, name);
    free(source);
    if (found)
        snprintf(words, sizeof words, "the %s%s", kind, name);
    else
        snprintf(words, sizeof words, "%s%.*s", v.argument ? "an " : "a ", (int)strlen(kind) - 1, kind);
    replace(text, at, (size_t)(end - at), words);
}

void hs_variables_named(char *text, const struct hs_sources_at *sources, const struct hs_reader *reader)
{
    static const char expression[] = "an expression of ";
    char *at = strstr(text, expression);
    if (at)
        replace(text, at, sizeof expression - 1, "a value in use by ");
    name_variable(text, "local variable ", sources, reader);
    name_variable(text, "argument ", sources, reader);
}
