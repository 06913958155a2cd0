/* SPDX-License-Identifier: MIT
 *
 * Which functions and classes of a source may be executed from a row of it. Names are compared without regard to types: a method
 * of any class counts for a call of that name.
 */
#ifndef HS_DIAGNOSIS_REACH_H
#define HS_DIAGNOSIS_REACH_H

#include "analysis/diagnosis/python_text.h"

#define HS_PYTHON_NONE UINT32_MAX

struct hs_python_reach {
    const struct hs_python *python;
    bool *reached;   /* `python->n_scopes` */
    uint32_t *named; /* `python->n`: the first scope with the token's name; 0: none */
    uint32_t *next;  /* `python->n_scopes`: the next scope with the same name; 0: none */
};

/* Nothing is reached at first. False when out of memory; free *reach with hs_python_reach_free in any case. */
bool hs_python_reach_make(struct hs_python_reach *reach, const struct hs_python *python);
void hs_python_reach_free(struct hs_python_reach *reach);

/* Forgets what is reached. */
void hs_python_reach_clear(struct hs_python_reach *reach);

/* Adds what a row may execute. */
void hs_python_reach_row(struct hs_python_reach *reach, uint32_t row);

/* Adds what `n` tokens from `first` on may execute. */
void hs_python_reach_tokens(struct hs_python_reach *reach, uint32_t first, uint32_t n);

/* Adds a function or class, and what it may execute. */
void hs_python_reach_scope(struct hs_python_reach *reach, uint32_t scope);

/* Adds what is executed without its name: decorated functions, methods like __getitem__, functions whose name is a value. */
void hs_python_reach_callbacks(struct hs_python_reach *reach);

/* Whether `row` is `other`, or may execute it. Clears what was reached. */
bool hs_python_leads(struct hs_python_reach *reach, uint32_t row, uint32_t other);

/* The method of a class, or HS_PYTHON_MODULE. */
uint32_t hs_python_method(const struct hs_python *python, uint32_t scope, const char *name);

/* Whether token `i` is the name in the head of a function or class. */
bool hs_python_is_header(const struct hs_python *python, uint32_t i);

/* The head of the outermost loop around the row, in its scope; else the row. */
uint32_t hs_python_loop(const struct hs_python *python, uint32_t row);

/* The last row of the outermost loop around the row, in its scope; else the row. */
uint32_t hs_python_loop_end(const struct hs_python *python, uint32_t row);

/* Whether a row of the function returns the name alone. */
bool hs_python_returns(const struct hs_python *python, uint32_t scope, uint32_t name);

/* The first token of what the row does: after the head of a loop or condition in the same row. */
uint32_t hs_python_body(const struct hs_python *python, uint32_t row);

/* The last = of the row that assigns, not of an argument; HS_PYTHON_NONE: there is none. */
uint32_t hs_python_assigning(const struct hs_python *python, uint32_t row);

/* Whether token `i`, the last one of a name with dots, is a target of that: also as one of several, as in a, self.b = f(). */
bool hs_python_is_target(const struct hs_python *python, uint32_t i);

/* Whether the name gets a value at token `i` in any way but as a parameter: also n += 1, (n := 1), for n in, as n, import n, def n. */
bool hs_python_binds(const struct hs_python *python, uint32_t i);

/* Whether the row makes the new value of a variable from its old one: text += line, self.text = self.text + line. */
bool hs_python_extends(const struct hs_python *python, uint32_t row);

/* Whether the function makes what the name is: name = [], {}, list(), dict() or set(). A parameter's default would live on. */
bool hs_python_makes(const struct hs_python *python, uint32_t scope, uint32_t name);

#endif
