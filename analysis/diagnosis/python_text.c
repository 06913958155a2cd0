/* SPDX-License-Identifier: MIT */
#include "analysis/diagnosis/python_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"
#include "lib/record.h"

struct scan {
    struct hs_python *python;
    const char *at;
    uint32_t line, indent, depth; /* depth of open brackets */
    uint32_t first;               /* token of the current row */
    uint32_t begin;               /* its line; 0: no row has begun */
    bool fresh;                   /* at the start of a line of the file */
    int error;
};

static bool begins_name(char c) { return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80; }
static bool continues_name(char c) { return begins_name(c) || isdigit((unsigned char)c); }

static void add(struct scan *s, const char *at, size_t length, enum hs_python_kind kind)
{
    struct hs_python *p = s->python;
    if (p->n >= HS_PYTHON_TOKENS)
        s->error = HS_ERR_KIND;
    struct hs_python_token *t = s->error ? NULL : hs_array_add(p->token, p->n, p->room);
    if (t)
        *t = (struct hs_python_token){at, (uint32_t)length, p->n_rows, kind};
    else if (!s->error)
        s->error = HS_ERR_MEMORY;
    if (!s->begin) {
        s->begin = s->line;
        s->first = p->n ? p->n - 1 : 0;
    }
}

/* ---- rows and scopes ---- */

bool hs_python_is(const struct hs_python *p, uint32_t i, const char *word)
{
    size_t length = strlen(word);
    return i < p->n && p->token[i].length == length && !memcmp(p->token[i].at, word, length);
}

bool hs_python_same(const struct hs_python *p, uint32_t a, uint32_t b)
{
    const struct hs_python_token *x = &p->token[a], *y = &p->token[b];
    return x->kind == HS_PYTHON_NAME && y->kind == HS_PYTHON_NAME && x->length == y->length && !memcmp(x->at, y->at, x->length);
}

/* The innermost scope whose head is less indented than a row that follows at `indent`. */
static uint32_t scope_of(const struct hs_python *p, uint32_t indent)
{
    uint32_t scope = p->n_rows ? p->row[p->n_rows - 1].scope : HS_PYTHON_MODULE;
    if (p->n_scopes > 1 && p->scope[p->n_scopes - 1].head == p->n_rows - 1)
        scope = p->n_scopes - 1;
    while (scope != HS_PYTHON_MODULE && p->row[p->scope[scope].head].indent >= indent)
        scope = p->scope[scope].parent;
    return scope;
}

/* Adds the scope that a row begins, if it does. */
static void add_scope(struct scan *s, uint32_t row)
{
    struct hs_python *p = s->python;
    uint32_t i = p->row[row].first;
    i += hs_python_is(p, i, "async");
    bool is_class = hs_python_is(p, i, "class");
    if ((!is_class && !hs_python_is(p, i, "def")) || i + 1 >= p->n)
        return;
    struct hs_python_scope *scope = hs_array_add(p->scope, p->n_scopes, p->scopes_room);
    if (!scope) {
        s->error = HS_ERR_MEMORY;
        return;
    }
    *scope = (struct hs_python_scope){.name = i + 1,
                                      .parent = p->row[row].scope,
                                      .head = row,
                                      .is_class = is_class,
                                      .decorated = row && hs_python_is(p, p->row[row - 1].first, "@")};
}

static void end_row(struct scan *s)
{
    struct hs_python *p = s->python;
    if (!s->begin || s->error)
        return;
    uint32_t scope = scope_of(p, s->indent);
    struct hs_python_row *row = hs_array_add(p->row, p->n_rows, p->rows_room);
    if (!row) {
        s->error = HS_ERR_MEMORY;
        return;
    }
    *row = (struct hs_python_row){s->first, p->n - s->first, s->begin, s->line, s->indent, scope};
    add_scope(s, p->n_rows - 1);
    s->begin = 0;
}

/* ---- tokens ---- */

/* Names inside an f-string are uses. */
static void add_names(struct scan *s, const char *from, const char *to)
{
    while (from < to) {
        const char *begin = from;
        while (from < to && (from == begin ? begins_name(*from) : continues_name(*from)))
            from++;
        if (from > begin)
            add(s, begin, (size_t)(from - begin), HS_PYTHON_NAME);
        else
            from++;
    }
}

/* `s->at` is at the opening quote. */
static void take_text(struct scan *s, const char *begin, bool formatted)
{
    char quote = *s->at;
    size_t quotes = s->at[1] == quote && s->at[2] == quote ? 3 : 1;
    const char *from = s->at + quotes, *at = from;
    for (; *at && strncmp(at, quotes == 3 ? (quote == '"' ? "\"\"\"" : "'''") : quote == '"' ? "\"" : "'", quotes) != 0; at++) {
        if (*at == '\n' && quotes == 1)
            break;
        at += *at == '\\' && at[1];
        s->line += *at == '\n';
    }
    uint32_t line = s->line;
    add(s, begin, (size_t)(at - begin), HS_PYTHON_VALUE);
    if (formatted)
        add_names(s, from, at);
    s->line = line;
    s->at = *at && *at != '\n' ? at + quotes : at;
}

/* A name, or the letters before a text: rb"...". */
static void take_name(struct scan *s)
{
    const char *begin = s->at;
    bool formatted = false;
    while (continues_name(*s->at)) {
        formatted |= *s->at == 'f' || *s->at == 'F';
        s->at++;
    }
    bool prefix = (*s->at == '"' || *s->at == '\'') && s->at - begin <= 2;
    if (prefix)
        take_text(s, begin, formatted);
    else
        add(s, begin, (size_t)(s->at - begin), HS_PYTHON_NAME);
}

static void take_number(struct scan *s)
{
    const char *begin = s->at;
    while (continues_name(*s->at) || *s->at == '.')
        s->at++;
    add(s, begin, (size_t)(s->at - begin), HS_PYTHON_VALUE);
}

static void take_sign(struct scan *s)
{
    char c = *s->at;
    size_t length = strchr("=!<>+-*/%&|^@:", c) && s->at[1] == '=' ? 2 : 1;
    s->depth += strchr("([{", c) != NULL;
    s->depth -= strchr(")]}", c) && s->depth;
    add(s, s->at, length, HS_PYTHON_SIGN);
    s->at += length;
}

/* A row ends with its line, unless a bracket is open. */
static void take_end(struct scan *s)
{
    if (!s->depth)
        end_row(s);
    s->at++;
    s->line++;
    s->fresh = true;
}

/* Blanks before a row are its indentation. */
static void take_indent(struct scan *s)
{
    uint32_t n = 0;
    for (; *s->at == ' ' || *s->at == '\t'; s->at++)
        n = *s->at == '\t' ? (n | 7) + 1 : n + 1;
    if (!s->begin)
        s->indent = n;
    s->fresh = false;
}

static void take(struct scan *s)
{
    char c = *s->at;
    if (s->fresh)
        take_indent(s);
    else if (c == '\n')
        take_end(s);
    else if (c == '#')
        s->at += strcspn(s->at, "\n");
    else if (c == '\\' && (s->at[1] == '\n' || (s->at[1] == '\r' && s->at[2] == '\n'))) {
        s->at += s->at[1] == '\r' ? 3 : 2;
        s->line++;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\\')
        s->at++;
    else if (c == ';' && !s->depth) {
        end_row(s);
        s->at++;
    } else if (begins_name(c))
        take_name(s);
    else if (c == '"' || c == '\'')
        take_text(s, s->at, false);
    else if (isdigit((unsigned char)c))
        take_number(s);
    else
        take_sign(s);
}

int hs_python_read(struct hs_python *python, const char *text)
{
    struct scan s = {.python = python, .at = text, .line = 1, .fresh = true};
    *python = (struct hs_python){.n = 0};
    struct hs_python_scope *module = hs_array_add(python->scope, python->n_scopes, python->scopes_room);
    if (!module)
        return HS_ERR_MEMORY;
    *module = (struct hs_python_scope){.parent = HS_PYTHON_MODULE};
    while (*s.at && !s.error)
        take(&s);
    end_row(&s);
    return s.error;
}

void hs_python_free(struct hs_python *p)
{
    free(p->token);
    free(p->row);
    free(p->scope);
    *p = (struct hs_python){.n = 0};
}

uint32_t hs_python_row_at(const struct hs_python *p, uint32_t line)
{
    for (uint32_t i = 0; i < p->n_rows; i++)
        if (p->row[i].line <= line && line <= p->row[i].end)
            return i;
    return UINT32_MAX;
}
