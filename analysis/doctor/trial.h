/* SPDX-License-Identifier: MIT
 *
 * Tries advice on the trace: replays the program with one line changed, on the same heap.
 */
#ifndef HS_DOCTOR_TRIAL_H
#define HS_DOCTOR_TRIAL_H

#include "analysis/doctor/doctor.h"
#include "analysis/whatif/edit.h"

/* The program of one boot. A search for the smallest heap replays it some thirty times, so the unchanged program is searched once,
 * when its smallest heap is first needed. */
struct hs_trial_boot {
    struct hs_program program;
    uint32_t boot;
    bool replays;      /* its heap is of one kind, and was followed to the boot's end */
    bool searched;     /* `smallest` is set */
    uint64_t smallest; /* bytes of the smallest heap of the unchanged program; 0: unknown */
};

/* The boots with failures that will be diagnosed, at most one for each. Zero it first. */
struct hs_trials {
    struct hs_trial_boot *boot[HS_DIAGNOSES]; /* `n` */
    unsigned n;
};

/* Ends a boot: keeps its program, which moves from *program into `trials`, if the watch has a failure of this boot; releases it if
 * not. Releases also the programs of earlier boots whose failures do not count any more. Call it when the model is at the boot's
 * end. Without memory nothing is kept: advice is then not tried. */
void hs_trials_end_boot(struct hs_trials *trials, struct hs_program *program, const struct hs_model *model,
                        const struct hs_failure_watch *watch);
void hs_trials_free(struct hs_trials *trials);

struct hs_trial {
    bool ran;               /* the trace can be replayed, and the line can be changed in this way */
    bool helps;             /* no allocation fails */
    bool early;             /* only if garbage is unreachable as early as the trace allows; false: also if as late as possible */
    uint64_t before, after; /* bytes of the smallest sufficient heap without and with the change, if garbage dies early; 0: not
                               searched */
    uint64_t at_most;       /* with the change, if garbage dies as late as the trace allows */
};

/* Tries an edit of a line on the program of the boot in which the diagnosed failure was. */
struct hs_trial hs_try(const struct hs_doctor_input *input, const struct hs_diagnosis *diagnosis, enum hs_edit_kind kind,
                       const char *line);

/* The same for a set of blocks: those that the records with these numbers allocated, ascending. */
struct hs_trial hs_try_blocks(const struct hs_doctor_input *input, const struct hs_diagnosis *diagnosis, enum hs_edit_kind kind,
                              const struct hs_block_set *set);

/* Bytes of the heap in which the allocation failed with the tables of MicroPython's collector, which all sizes of heaps here include;
 * 0: another heap, or unknown. */
uint64_t hs_heap_with_tables(const struct hs_doctor_input *input, const struct hs_diagnosis *diagnosis);

/* Bytes of the smallest heap on which no allocation of that boot's recorded program fails. */
struct hs_least_heap {
    uint64_t early; /* if garbage is unreachable as early as the trace allows; 0: unknown */
    uint64_t late;  /* if as late as it allows; 0: unknown */
};

struct hs_least_heap hs_smallest_heap(const struct hs_doctor_input *input, const struct hs_diagnosis *diagnosis);

/* The largest final size of what the line makes larger, up to the size of its failed request, with which no allocation fails; 0: not even with
 * the size that it has, or not tried. */
uint32_t hs_try_final_size(const struct hs_doctor_input *input, const struct hs_diagnosis *d, const char *line);

/* Sets *set to the blocks of `n` lines that are live at the failure; empty where the trace cannot be replayed, or without memory. Free its
 * `born`. */
void hs_trial_find_lasting(struct hs_block_set *set, const struct hs_doctor_input *input, const struct hs_diagnosis *diagnosis,
                           const char *const *line, size_t n);

/* Whether the smallest heap is smaller even if garbage dies late. */
bool hs_trial_saves(const struct hs_trial *trial);

/* Writes ": tried on this trace, no allocation fails up to its end ..." into `text` of HS_NOTE_LEN bytes; "" when it did not run. */
const char *hs_trial_words(const struct hs_trial *trial, char *text);

#endif
