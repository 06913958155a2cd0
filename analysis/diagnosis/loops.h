/* SPDX-License-Identifier: MIT
 *
 * The loops of a source: which are around a row, whether they end, and how often they go around.
 */
#ifndef HS_DIAGNOSIS_LOOPS_H
#define HS_DIAGNOSIS_LOOPS_H

#include "analysis/diagnosis/reach.h"

#define HS_LOOPS_DEEP 16u /* loops around a row that are looked at */

/* Writes the heads of the loops around the row, in its scope, outermost first, and the row itself if it is one. Returns their
 * number, at most HS_LOOPS_DEEP. */
uint32_t hs_loops_around(const struct hs_python *python, uint32_t row, uint32_t *loop);

/* The row after the loop's last one, `else` included. */
uint32_t hs_loop_after(const struct hs_python *python, uint32_t loop);

enum hs_loop_end {
    HS_LOOP_ENDLESS, /* while True without a way out, or over a generator that has none */
    HS_LOOP_ENDS,    /* over a number, a list, a file, or until a condition holds */
    HS_LOOP_WRITTEN, /* over what is written in the source */
};
enum hs_loop_end hs_loop_ends(const struct hs_python *python, uint32_t loop);

/* Number of rounds of the loop, where the source says it: for i in range(N), for x in NAMES, while i < N. `calls` are `n_calls` rows
 * of calls that run, whose arguments count for the parameters of what they call. 0: the source does not say it. */
uint64_t hs_loop_times(const struct hs_python *python, uint32_t loop, const uint32_t *calls, uint32_t n_calls);

#endif
