/* SPDX-License-Identifier: MIT
 *
 * Which variables of a program may still be used, from its sources and the rows that were being executed at a failure.
 *
 * Names are compared without regard to types. Every doubt counts as a use: a name in a row that can still be executed, in what such a
 * row may call, in a generator or coroutine, in a function that is passed on.
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

/* Whether the local variable with that name of a running call may still be used. */
bool hs_still_used_local(const struct hs_still_used *used, uint32_t running, const char *name);

/* The last row before the calls that run which uses the global, itself or by what it calls; HS_PYTHON_NONE: none. Changes what is
 * reached: ask other questions before. */
uint32_t hs_still_used_last(struct hs_still_used *used, const char *name, bool attribute);

#endif
