/* SPDX-License-Identifier: MIT
 *
 * Chooses the moments of a long trace that a page shows, so that the page is small and still shows what matters.
 * The trace is divided into stretches of equal length. Of each: the last event, the one with most bytes in use,
 * and the one with the shortest longest free run. Also failures, marks and resets, up to HS_THIN_RARE.
 * Events are identified by their index in the trace, from 0.
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
    uint64_t *rare; /* `n_rare`: failures, marks, resets */
    uint32_t n_rare, rare_room;
    bool short_of_memory;
};

#define HS_THIN_STRETCHES 65536u
#define HS_THIN_RARE 16384u

/* Takes event number `at`. Feed every event, in order. */
void hs_thin_feed(struct hs_thin *thin, uint64_t at, const struct hs_sample *now, bool rare);

/* The events to show, of at most `stretches` stretches, ascending, each once. The caller frees them. NULL: out of memory. */
uint64_t *hs_thin_choose(const struct hs_thin *thin, uint32_t stretches, size_t *n);

void hs_thin_free(struct hs_thin *thin);

#endif
