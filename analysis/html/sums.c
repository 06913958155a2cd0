/* SPDX-License-Identifier: MIT */
#include "analysis/html/sums.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/sites/estimates.h"
#include "lib/host/util/array.h"

static bool grow_sites(struct hs_sums *s, uint32_t n)
{
    uint32_t room[2] = {s->n_sites, s->n_sites};
    if (!hs_array_fill(s->requests, room[0], n, 0) || !hs_array_fill(s->bytes, room[1], n, 0))
        return false;
    s->n_sites = room[0];
    return true;
}

static struct hs_site_share *new_share(struct hs_sums *s)
{
    if (!hs_array_more(s->share, s->n, s->room))
        return NULL;
    return &s->share[s->n++];
}

static void close_stretch(struct hs_sums *s, const struct hs_model *m)
{
    s->short_of_memory = s->short_of_memory || !grow_sites(s, m->n_sums);
    for (uint32_t i = 0; i < m->n_sums && !s->short_of_memory; i++) {
        uint64_t requests = hs_all_requests(&m->sum[i]), bytes = hs_all_bytes(&m->sum[i]);
        if (requests == s->requests[i] && bytes == s->bytes[i])
            continue;
        struct hs_site_share *share = new_share(s);
        s->short_of_memory = !share;
        if (share)
            *share = (struct hs_site_share){i, s->stretches, requests - s->requests[i], bytes - s->bytes[i]};
        s->requests[i] = requests;
        s->bytes[i] = bytes;
    }
    s->until[s->stretches++] = hs_model_elapsed(m);
}

static int by_stretch(const void *a, const void *b)
{
    const struct hs_site_share *x = a, *y = b;
    return x->stretch != y->stretch ? (x->stretch < y->stretch ? -1 : 1) : (x->site > y->site) - (x->site < y->site);
}

static void join_neighbours(struct hs_sums *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->n; i++)
        s->share[i].stretch /= 2;
    qsort(s->share, s->n, sizeof *s->share, by_stretch);
    for (size_t i = 0; i < s->n; i++) {
        if (kept && !by_stretch(&s->share[kept - 1], &s->share[i])) {
            s->share[kept - 1].requests += s->share[i].requests;
            s->share[kept - 1].bytes += s->share[i].bytes;
        } else {
            s->share[kept++] = s->share[i];
        }
    }
    s->n = kept;
    for (uint32_t i = 0; i < s->stretches / 2; i++)
        s->until[i] = s->until[2 * i + 1];
    s->stretches /= 2;
    s->width *= 2;
}

void hs_sums_feed(struct hs_sums *s, uint64_t at, const struct hs_model *m)
{
    if (!s->until) {
        s->until = calloc(HS_SUMS_STRETCHES + 1, sizeof *s->until);
        s->width = s->next = 64;
        s->short_of_memory = !s->until;
    }
    if (at < s->next || s->short_of_memory)
        return;
    close_stretch(s, m);
    if (s->stretches == HS_SUMS_STRETCHES)
        join_neighbours(s);
    s->next = at + s->width;
}

void hs_sums_finish(struct hs_sums *s, const struct hs_model *m)
{
    if (s->until && !s->short_of_memory)
        close_stretch(s, m);
}

void hs_sums_free(struct hs_sums *s)
{
    free(s->share);
    free(s->until);
    free(s->requests);
    free(s->bytes);
    *s = (struct hs_sums){0};
}
