/* SPDX-License-Identifier: MIT
 *
 * Advice tried on the trace: the program with one line changed is replayed on the heap that it had.
 */
#ifndef HS_DOCTOR_TRIAL_H
#define HS_DOCTOR_TRIAL_H

#include "analysis/doctor/doctor.h"
#include "analysis/whatif/edit.h"

struct hs_trial {
    bool ran;             /* the trace could be replayed, and the line could be changed so */
    bool helps;           /* no allocation fails */
    bool early;           /* ... if garbage dies as early as the trace allows; else also if as late */
    uint64_t before, after; /* bytes of the smallest heap without and with the change; 0: not searched */
};

struct hs_trial hs_try(const struct hs_doctor_input *input, enum hs_edit_kind kind, const char *line);

/* Bytes of the smallest heap on which the program as recorded gets all that it asked for; 0: not known. */
uint64_t hs_smallest_heap(const struct hs_doctor_input *input);

/* ": tried on this trace, no allocation fails ...", in `text` of HS_NOTE_LEN bytes; "" when it did not run. */
const char *hs_trial_words(const struct hs_trial *trial, char *text);

#endif
