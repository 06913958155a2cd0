/* SPDX-License-Identifier: MIT
 *
 * Sums of sites by source file and line, for `annotate`.
 */
#ifndef HS_SITES_LINE_COSTS_H
#define HS_SITES_LINE_COSTS_H

#include "analysis/sites/estimates.h"

struct hs_line_cost {
    const char *file; /* owned by the reader */
    uint32_t line;
    struct hs_site_sum sum; /* at_peak is final, max_live and changed are unspecified */
};

struct hs_line_costs {
    struct hs_line_cost *line; /* sorted by file and line */
    size_t n;
    struct hs_site_sum total; /* of all sites, also those without Python code */
};

/* Measures all lines that allocate; free with hs_line_costs_free. Returns HS_OK or HS_ERR_MEMORY. */
int hs_line_costs_measure(struct hs_line_costs *lines, const struct hs_model *model, const struct hs_reader *reader);
void hs_line_costs_free(struct hs_line_costs *lines);

/* Number of entries from `first` on with the same file. */
size_t hs_line_costs_of_file(const struct hs_line_costs *lines, size_t first);

#endif
