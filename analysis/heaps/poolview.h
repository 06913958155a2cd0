/* SPDX-License-Identifier: MIT
 *
 * Pools: a table with the holders of their elements at the worst moment, and how full each pool was over time.
 */
#ifndef HS_HEAPS_POOLVIEW_H
#define HS_HEAPS_POOLVIEW_H

#include "analysis/sites/pools.h"
#include "analysis/draw/head.h"
#include "analysis/draw/terminal.h"

struct hs_poolview {
    struct hs_head head;
    const struct hs_pools *pools; /* finished */
    const struct hs_names *names;
    uint64_t limit; /* holders shown of each pool; UINT64_MAX: all */
};

void hs_poolview_text(const struct hs_poolview *view, const struct hs_terminal *terminal, FILE *out);

/* One line per pool, without holders. */
void hs_poolview_csv(const struct hs_poolview *view, FILE *out);

/* Returns HS_OK or HS_ERR_MEMORY; so does hs_poolview_series_json. */
int hs_poolview_json(const struct hs_poolview *view, FILE *out);

/* The series over time. Chart: a row per pool. CSV: a line per span of time. JSON: arrays. */
void hs_poolview_chart(const struct hs_poolview *view, const struct hs_terminal *terminal, FILE *out);
void hs_poolview_series_csv(const struct hs_poolview *view, FILE *out);
int hs_poolview_series_json(const struct hs_poolview *view, FILE *out);

/* Number of columns of the chart, one per span of time. */
uint32_t hs_poolview_columns(const struct hs_terminal *terminal);

#endif
