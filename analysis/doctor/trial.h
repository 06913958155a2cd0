/* SPDX-License-Identifier: MIT
 *
 * Tries advice on the trace: replays the program with one line changed, on the same heap.
 */
#ifndef HS_DOCTOR_TRIAL_H
#define HS_DOCTOR_TRIAL_H

#include "analysis/doctor/doctor.h"
#include "analysis/whatif/edit.h"

/* What the trials on one program share. A search for the smallest heap replays the program some thirty times, so the unchanged
 * program is searched once, when its smallest heap is first needed. */
struct hs_trials {
    const struct hs_program *program;
    bool searched;     /* `smallest` is set */
    uint64_t smallest; /* bytes of the smallest heap of the unchanged program; 0: unknown */
};

struct hs_trial {
    bool ran;               /* the trace can be replayed, and the line can be changed in this way */
    bool helps;             /* no allocation fails */
    bool early;             /* only if garbage is unreachable as early as the trace allows; false: also if as late as possible */
    uint64_t before, after; /* bytes of the smallest sufficient heap without and with the change; 0: not searched */
};

struct hs_trial hs_try(const struct hs_doctor_input *input, enum hs_edit_kind kind, const char *line);

/* The same for a set of blocks: those that the records with these numbers allocated, ascending. */
struct hs_trial hs_try_blocks(const struct hs_doctor_input *input, enum hs_edit_kind kind, const struct hs_block_set *set);

/* Bytes of the smallest heap on which no allocation of the recorded program fails; 0: unknown. */
uint64_t hs_smallest_heap(const struct hs_doctor_input *input);

/* Writes ": tried on this trace, no allocation fails ..." into `text` of HS_NOTE_LEN bytes; "" when it did not run. */
const char *hs_trial_words(const struct hs_trial *trial, char *text);

#endif
