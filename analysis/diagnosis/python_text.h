/* SPDX-License-Identifier: MIT
 *
 * A Python source as tokens, logical lines, and the functions and classes that it defines. What stands in comments and texts is
 * left out, except the names inside f-strings.
 */
#ifndef HS_DIAGNOSIS_PYTHON_TEXT_H
#define HS_DIAGNOSIS_PYTHON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_PYTHON_TOKENS 30000u /* longer sources are not analysed */
#define HS_PYTHON_MODULE 0u     /* the scope of the module */

enum hs_python_kind { HS_PYTHON_NAME, HS_PYTHON_VALUE /* number or text */, HS_PYTHON_SIGN };

struct hs_python_token {
    const char *at; /* in the source; `length` bytes */
    uint32_t length, row;
    enum hs_python_kind kind;
};

/* A logical line: a statement, or the head of a compound one. */
struct hs_python_row {
    uint32_t first, n;      /* tokens */
    uint32_t line, end;     /* lines of the file, from 1, inclusive */
    uint32_t indent, scope; /* blanks before it; the function or class that it belongs to */
};

struct hs_python_scope {
    uint32_t name;   /* token; of the module: none */
    uint32_t parent; /* scope; of the module: itself */
    uint32_t head;   /* row with def or class */
    bool is_class, decorated;
};

struct hs_python {
    struct hs_python_token *token;
    struct hs_python_row *row;
    struct hs_python_scope *scope;
    uint32_t n, n_rows, n_scopes; /* at least the module's scope */
    size_t room, rows_room, scopes_room;
};

/* `text` must outlive the result. Free it with hs_python_free in any case. Returns HS_OK, HS_ERR_KIND when the source is too
 * long, or HS_ERR_MEMORY. */
int hs_python_read(struct hs_python *python, const char *text);
void hs_python_free(struct hs_python *python);

/* Whether token `i` exists and reads `word`. */
bool hs_python_is(const struct hs_python *python, uint32_t i, const char *word);

/* Whether both tokens are the same name. */
bool hs_python_same(const struct hs_python *python, uint32_t a, uint32_t b);

/* The row that contains a line of the file, or UINT32_MAX. */
uint32_t hs_python_row_at(const struct hs_python *python, uint32_t line);

#endif
