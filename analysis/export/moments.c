/* SPDX-License-Identifier: MIT */
#include "analysis/export/moments.h"

#include <stdlib.h>

#include "analysis/sites/estimates.h"

/* Removes every second moment to make room. */
static void thin(struct hs_moments *m)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < m->n; i++) {
        if (i & 1)
            m->moment[kept++] = m->moment[i];
        else
            free(m->moment[i].live);
    }
    m->n = kept;
    m->width *= 2;
}

/* False when nothing is known about the current moment. */
static bool fill(struct hs_moment *moment, const struct hs_model *m)
{
    bool is_told = hs_model_summary_only(m);
    struct hs_region_summary told = hs_model_summary(m, HS_ALL_REGIONS);
    if (is_told ? !told.known : !m->n_regions)
        return false;
    moment->at = hs_model_elapsed(m);
    moment->used = is_told ? told.used : m->used;
    for (uint32_t i = 0; i < moment->n; i++)
        moment->live[i] = is_told ? hs_rounded(m->sum[i].sampled.live) : m->sum[i].live;
    return true;
}

void hs_moments_keep(struct hs_moments *m, const struct hs_model *model)
{
    if (m->n == HS_MOMENTS)
        thin(m);
    struct hs_moment moment = {.n = model->n_sums, .live = calloc(model->n_sums + 1u, sizeof *moment.live)};
    m->short_of_memory |= !moment.live;
    m->width += !m->width;
    m->next = (hs_model_elapsed(model) / m->width + 1) * m->width;
    if (moment.live && fill(&moment, model))
        m->moment[m->n++] = moment;
    else
        free(moment.live);
}

void hs_moments_free(struct hs_moments *m)
{
    for (unsigned i = 0; i < m->n; i++)
        free(m->moment[i].live);
    m->n = 0;
}
