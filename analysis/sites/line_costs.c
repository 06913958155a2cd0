/* SPDX-License-Identifier: MIT
 *
 * Sums by source line.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/sites/groups.h"
#include "analysis/sites/line_costs.h"

static int by_place(const void *left, const void *right)
{
    const struct hs_line_cost *a = left, *b = right;
    int order = strcmp(a->file, b->file);
    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static void merge(struct hs_line_costs *lines)
{
    size_t kept = 0;
    for (size_t i = 0; i < lines->n; i++) {
        if (kept && !by_place(&lines->line[kept - 1], &lines->line[i]))
            hs_sum_add(&lines->line[kept - 1].sum, &lines->line[i].sum);
        else
            lines->line[kept++] = lines->line[i];
    }
    lines->n = kept;
}

int hs_line_costs_measure(struct hs_line_costs *lines, const struct hs_model *model, const struct hs_reader *reader)
{
    *lines = (struct hs_line_costs){.line = calloc(model->n_sums, sizeof *lines->line)};
    if (!lines->line)
        return HS_ERR_MEMORY;
    for (uint32_t i = 0; i < model->n_sums; i++) {
        struct hs_site_sum sum = hs_sum_at_end(model, &model->sum[i]);
        const struct hs_site *site = i ? hs_reader_site(reader, i - 1) : NULL;
        hs_sum_add(&lines->total, &sum);
        if (site && site->line && (sum.allocs | sum.reallocs | sum.failed | sum.sampled.samples))
            lines->line[lines->n++] = (struct hs_line_cost){site->file, site->line, sum};
    }
    qsort(lines->line, lines->n, sizeof *lines->line, by_place);
    merge(lines);
    return HS_OK;
}

void hs_line_costs_free(struct hs_line_costs *lines)
{
    free(lines->line);
    *lines = (struct hs_line_costs){0};
}

size_t hs_line_costs_of_file(const struct hs_line_costs *lines, size_t first)
{
    size_t n = 1;
    while (first + n < lines->n && !strcmp(lines->line[first].file, lines->line[first + n].file))
        n++;
    return n;
}
