/* SPDX-License-Identifier: MIT
 *
 * Results of replays on other heaps, as a table and a chart, CSV or JSON. Only prints; measures nothing.
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
    uint64_t bytes; /* the heap's size as the user gives it */
    struct hs_rerun_result result;
    struct hs_smallest smallest; /* for the same policy, granule and threshold; granules 0: none */
};

/* The smallest heap, by the assumed moment when blocks become garbage. */
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
    uint64_t collect_every;                /* bytes: the interval of `record --collect-every`; 0: not used */
    double death;
    struct hs_terminal terminal;
};

void hs_whatifview_text(const struct hs_whatifview *view, FILE *out);
void hs_whatifview_csv(const struct hs_whatifview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY. */
int hs_whatifview_json(const struct hs_whatifview *view, FILE *out);

#endif
