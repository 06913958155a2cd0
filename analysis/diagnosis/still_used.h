/* SPDX-License-Identifier: MIT
 *
 * Which variables of a program may still be used, from its sources and the rows that were being executed at a failure.
 *
 * Names are compared without regard to types. Every doubt counts as a use: a name in a row that can still be executed, in what such a
 * row may call, in a generator or coroutine, in a function that is passed on. To ask for the length of a value is no use of what it
 * contains: len(NAME).
 */
#ifndef HS_DIAGNOSIS_STILL_USED_H
#define HS_DIAGNOSIS_STILL_USED_H

#include "analysis/diagnosis/reach.h"

/* A call that was running: the row of its function that was being executed. */
struct hs_running {
    uint32_t row;
    uint32_t from, to; /* rows of its scope that may still be executed; set by hs_still_used_make */
};

struct hs_still_used {
    const struct hs_python *python;
    struct hs_running *running; /* `n`; owned by the caller */
    uint32_t n;
    struct hs_python_reach reach;
    bool *local; /* by token: the name of a local variable or parameter there */
};

/* `running[i].to` is the end of the rows of the file, of several in one text. False when out of memory; free *used with
 * hs_still_used_free in any case. */
bool hs_still_used_make(struct hs_still_used *used, const struct hs_python *python, struct hs_running *running, uint32_t n);
void hs_still_used_free(struct hs_still_used *used);

/* Whether a program can reach names by their text: then it cannot be judged. */
bool hs_still_used_opaque(const struct hs_python *python);

/* Whether a global may still be used. `attribute`: other modules reach it as an attribute of its module. */
bool hs_still_used_global(const struct hs_still_used *used, const char *name, bool attribute);

/* Whether any row uses the global; to assign it is no use, nor to add something to it. */
bool hs_still_used_before(const struct hs_still_used *used, const char *name, bool attribute);

/* Whether token `i`, a name, is there for more than to be assigned or to have something put into it. */
bool hs_python_reads(const struct hs_python *python, uint32_t i);

/* Whether the local variable with that name of a running call may still be used. */
bool hs_still_used_local(const struct hs_still_used *used, uint32_t running, const char *name);

/* Whether a variable of function `scope` may still be used by the functions inside it, which capture it. */
bool hs_still_used_captured(const struct hs_still_used *used, uint32_t scope, const char *name);

/* The first row that may still be executed and asks for the length of a variable with that name; HS_PYTHON_NONE: none. */
uint32_t hs_still_used_length(const struct hs_still_used *used, const char *name);

/* Whether the row of a running call assigns its local variable anew, and does not use it otherwise: the old value is only there
 * because the new one is not yet. */
bool hs_still_used_replaces(const struct hs_still_used *used, uint32_t running, const char *name);

/* The running call whose row does so with a global, or with an attribute of an object that is not being made, and what it has called does
 * not use it either. HS_PYTHON_NONE: there is none. Changes what is reached: ask other questions before. */
uint32_t hs_still_used_replaced(struct hs_still_used *used, const char *name, bool attribute);

/* The last row before the calls that run which uses the global, itself or by what it calls; HS_PYTHON_NONE: none. Changes what is
 * reached: ask other questions before. */
uint32_t hs_still_used_last(struct hs_still_used *used, const char *name, bool attribute);

#endif
