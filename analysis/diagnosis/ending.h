/* SPDX-License-Identifier: MIT
 *
 * Whether what grows ends by itself: data that a program needs are made in loops that end, and used after them; a leak has no end, or
 * nothing uses afterwards what it kept.
 *
 * The source decides, with the calls that were running. Names are compared without regard to types.
 */
#ifndef HS_DIAGNOSIS_ENDING_H
#define HS_DIAGNOSIS_ENDING_H

#include "analysis/diagnosis/reach.h"
#include "analysis/diagnosis/program_text.h"

#define HS_ENDING_CALLS 64u /* deeper calls are not judged */

struct hs_ending_question {
    const struct hs_program_text *sources;
    const uint32_t *call; /* `n_calls`: rows of the calls that run, outermost first; none: not known */
    uint32_t n_calls;
    bool all;           /* `call` has all of them, from the module's code on */
    uint32_t owner;     /* the call whose local variable holds the data; 0 also if they outlive all calls, or it is not known */
    uint32_t adds;      /* the row that adds to what holds them, or makes them */
    const char *global; /* the global that holds them; NULL or "": not known, or none */
    uint64_t most;      /* more rounds are not for data that are needed: not even a byte of each has room in the heap */
};

struct hs_ending {
    bool ends;
    bool endless; /* a loop without a way out adds to it, and no row was found that makes it shorter, makes it anew or looks at its length */
    bool over;      /* it has ended: no running call adds to it */
    bool renewed;   /* a loop makes what holds them anew */
    uint32_t loop;  /* the outermost loop that makes them; HS_PYTHON_NONE: none */
    uint32_t reads; /* the row that uses them afterwards; HS_PYTHON_NONE: not found */
    uint64_t times; /* that the loops go around in all; 0: not known */
};

/* Returns HS_OK, or HS_ERR_MEMORY. */
int hs_ending_find(struct hs_ending *ending, const struct hs_ending_question *question);

#endif
