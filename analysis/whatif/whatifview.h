/* SPDX-License-Identifier: MIT
 *
 * What would have been on other heaps, as a table and a chart, CSV or JSON. Shows what it is given, measures nothing.
 */
#ifndef HS_WHATIF_WHATIFVIEW_H
#define HS_WHATIF_WHATIFVIEW_H

#include "analysis/sites/names.h"
#include "analysis/draw/head.h"
#include "analysis/draw/terminal.h"
#include "analysis/whatif/smallest.h"

/* One heap that was tried. */
struct hs_whatif {
    struct hs_setting setting;
    uint64_t bytes; /* the heap's size as the user means it */
    struct hs_replayed result;
    struct hs_smallest smallest; /* for the same policy, granule and threshold; granules 0: none */
};

/* The smallest heap, by when garbage is taken to die. */
struct hs_whatif_bounds {
    struct hs_smallest early, taken, late;
};

struct hs_whatifview {
    struct hs_head head;
    const struct hs_names *names;
    const struct hs_program *program;
    const struct hs_whatif *recorded; /* with the settings of the trace */
    const struct hs_whatif *row;      /* `n` */
    size_t n;
    const struct hs_whatif_bounds *bounds; /* of the first row */
    uint64_t collect_every;                /* bytes, that the recording collected by; 0: it did not */
    double death;
    struct hs_terminal terminal;
};

void hs_whatifview_text(const struct hs_whatifview *view, FILE *out);
void hs_whatifview_csv(const struct hs_whatifview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_whatifview_json(const struct hs_whatifview *view, FILE *out);

#endif
