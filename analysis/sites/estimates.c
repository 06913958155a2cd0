/* SPDX-License-Identifier: MIT */
#include "analysis/sites/estimates.h"

#include <math.h>

#define Z 1.959964 /* for 95% */

struct hs_lives hs_lives_of(const struct hs_site_sum *s)
{
    struct hs_lives lives = {.gone = (double)(s->freed + s->swept) + s->sampled.freed + s->sampled.swept};
    if (lives.gone > 0) {
        lives.lifetime = ((double)s->lifetime + s->sampled.lifetime) / lives.gone;
        lives.survived = ((double)s->survived + s->sampled.survived) / lives.gone;
    }
    return lives;
}

/* (estimate - x)^2 = Z^2 x variance / estimate, solved for x. */
struct hs_interval hs_interval_of(const struct hs_estimated *v)
{
    if (!(v->estimate > 0) || !(v->variance > 0))
        return (struct hs_interval){v->exact + v->estimate, v->exact + v->estimate};
    double half = Z * Z * v->variance / v->estimate / 2;
    double root = sqrt(half * (half + 2 * v->estimate)), low = v->estimate + half - root;
    return (struct hs_interval){v->exact + (low > 0 ? low : 0), v->exact + v->estimate + half + root};
}

struct hs_interval hs_interval_of_bytes(const struct hs_site_sum *s)
{
    return hs_interval_of(&(struct hs_estimated){(double)s->bytes, s->sampled.bytes, s->sampled.var_bytes});
}

struct hs_interval hs_interval_of_requests(const struct hs_site_sum *s)
{
    return hs_interval_of(&(struct hs_estimated){(double)(s->allocs + s->reallocs), s->sampled.allocs + s->sampled.reallocs,
                                                 s->sampled.var_blocks});
}

struct hs_interval hs_interval_of_live(const struct hs_site_sum *s)
{
    return hs_interval_of(&(struct hs_estimated){(double)s->live, s->sampled.live, s->sampled.var_live});
}

void hs_estimate_add(struct hs_estimate *to, const struct hs_estimate *from)
{
    to->samples += from->samples;
    to->allocs += from->allocs;
    to->reallocs += from->reallocs;
    to->bytes += from->bytes;
    to->taken += from->taken;
    to->live_blocks += from->live_blocks;
    to->live += from->live;
    to->at_peak += from->at_peak;
    to->freed += from->freed;
    to->swept += from->swept;
    to->resized += from->resized;
    to->lifetime += from->lifetime;
    to->survived += from->survived;
    to->var_blocks += from->var_blocks;
    to->var_bytes += from->var_bytes;
    to->var_live += from->var_live;
}

struct hs_site_sum hs_sum_at_end(const struct hs_model *model, const struct hs_site_sum *sum)
{
    struct hs_site_sum at_end = *sum;
    bool from_summary = model->levels.peak > model->peak;
    at_end.at_peak = from_summary ? hs_rounded(sum->sampled.at_peak) : hs_model_at_peak(model, sum);
    if (hs_model_summary_only(model))
        at_end.live = at_end.live_blocks = 0;
    return at_end;
}
