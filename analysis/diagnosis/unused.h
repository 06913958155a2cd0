/* SPDX-License-Identifier: MIT
 *
 * A variable that keeps memory at a failure although the program does not use it any more, found in the source.
 *
 * References are not in a trace, so the source decides: which variable is assigned by the line that made the blocks, where
 * execution was at the failure, and whether the name occurs in a row that can still be executed. Names are compared without
 * regard to types, so every doubt counts as a use: a function whose name is passed on, a method of any class with that name, a
 * variable that is passed to something which may keep it. A variable that is never used is not reported: what it is for is not
 * known.
 */
#ifndef HS_DIAGNOSIS_UNUSED_H
#define HS_DIAGNOSIS_UNUSED_H

#include "analysis/diagnosis/python_text.h"

#define HS_UNUSED_NAME 64u /* bytes of a variable's name, terminator included */

struct hs_unused {
    char name[HS_UNUSED_NAME]; /* "raw", "self.raw"; "": none */
    uint32_t line;             /* of its assignment */
    uint32_t last; /* of the last row before the failure that uses it, itself or by what it calls, or of its loop's end */
    bool loop;     /* `last` is the end of a loop that uses it */
    bool global;   /* of the module */
};

/* Lines of one file. */
struct hs_unused_question {
    uint32_t made, failed; /* made the blocks; requested in vain */
    bool container;        /* the blocks are many: what takes one out of the variable may keep it */
};

/* Whether there is such a variable; fills *unused then. */
bool hs_unused_find(struct hs_unused *unused, const struct hs_python *python, const struct hs_unused_question *question);

/* Whether the source contains the name outside comments and texts. */
bool hs_python_mentions(const struct hs_python *python, const char *name);

#endif
