/* SPDX-License-Identifier: MIT
 *
 * Which moments of a long trace a page shows, so that it stays small and hides nothing that matters: the last
 * of each of so many stretches of equal length, and in each of them the one with most in use and the one with
 * the shortest longest free run; and every failure, mark and restart, as far as there is room for them.
 * Events are named by their place in the trace, counted from 0.
 */
#ifndef HS_HTML_THIN_H
#define HS_HTML_THIN_H

#include "analysis/time/series.h"

struct hs_stretch {
    uint64_t last, fullest, tightest; /* events */
    double used, longest;             /* extremes at the latter two */
};

struct hs_thin {
    struct hs_stretch *stretch; /* `n`, each of `width` events */
    uint32_t n, room;
    uint64_t width;
    uint64_t *rare; /* `n_rare`: failures, marks, restarts */
    uint32_t n_rare, rare_room;
    bool short_of_memory;
};

#define HS_THIN_STRETCHES 65536u
#define HS_THIN_RARE 16384u

/* Takes event number `at`; every event in turn. */
void hs_thin_feed(struct hs_thin *thin, uint64_t at, const struct hs_sample *now, bool rare);

/* At most `stretches` stretches: the events to show, ascending, each once. The caller frees them. NULL when memory is short. */
uint64_t *hs_thin_choose(const struct hs_thin *thin, uint32_t stretches, size_t *n);

void hs_thin_free(struct hs_thin *thin);

#endif
