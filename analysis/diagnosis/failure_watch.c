/* SPDX-License-Identifier: MIT
 *
 * A copy of the state at a failure, kept while the replay continues.
 */
#include <stdlib.h>

#include "analysis/diagnosis/failure_watch.h"

#define FOLLOWING_BYTES 256u    /* maximum single request for an exception and its traceback */
#define REFERENCES_RECORDS 512u /* records from a failure to its references: the regions, their snapshots, a thread */
#define FOLLOWING_RECORDS 100u  /* records after the failure in which these requests follow */

struct hs_failure_watch *hs_failure_watch_new(void) { return calloc(1, sizeof(struct hs_failure_watch)); }

void hs_failure_watch_free(struct hs_failure_watch *w)
{
    if (!w)
        return;
    for (unsigned i = 0; i < HS_DIAGNOSES; i++) {
        hs_blame_free(&w->moment[i].blame);
        free(w->moment[i].site);
        hs_refgraph_free(&w->moment[i].graph);
    }
    hs_refs_free(&w->refs);
    hs_heap_snapshot_free(&w->snapshot);
    free(w);
}

/* Whether the region could have served the request. */
static bool serves(const struct hs_model *m, const struct hs_failure *f, unsigned region)
{
    const struct hs_region_state *r = &m->region[region];
    if (!r->present)
        return false;
    return f->region < m->n_regions ? hs_region_serves(r, &m->region[f->region], f->caps) : r->memory != HS_MEMORY_POOL;
}

static void count(struct hs_site_then *site, const struct hs_live_block *block, uint64_t taken)
{
    site->live += taken;
    site->requested += block->size;
    site->blocks++;
    site->largest = taken > site->largest ? taken : site->largest;
    site->first = site->blocks == 1 || block->number < site->first ? block->number : site->first;
    site->last = block->number > site->last ? block->number : site->last;
}

/* Keeps the largest blocks, in order. */
static void keep_large(struct hs_failure_state *t, struct hs_large_block block)
{
    unsigned at = t->n_large;
    if (at == HS_LARGE_BLOCKS && block.size <= t->large[--at].size)
        return;
    t->n_large = at + 1;
    for (; at && t->large[at - 1].size < block.size; at--)
        t->large[at] = t->large[at - 1];
    t->large[at] = block;
}

/* Counts every live block for the site that requested its present size. */
static void count_blocks(struct hs_failure_state *t, const struct hs_model *m)
{
    t->n_large = 0;
    for (unsigned i = 0; i < m->n_regions; i++) {
        const struct hs_region_state *r = &m->region[i];
        uint32_t end = r->first + r->granules;
        if (!serves(m, &t->failure, i))
            continue;
        for (uint32_t pos = hs_model_next(m, r->first, end); pos < end;
             pos = hs_model_next(m, pos + m->block[pos].granules, end)) {
            uint32_t index = m->block[pos].site + 1;
            keep_large(t, (struct hs_large_block){m->block[pos].site, m->block[pos].size});
            if (index < t->n)
                count(&t->site[index], &m->block[pos], (uint64_t)m->block[pos].granules << r->shift);
        }
    }
}

/* At level sampled: a block that is much larger than the distance between two samples is among them almost surely. */
static void count_samples(struct hs_failure_state *t, const struct hs_model *m)
{
    t->n_large = 0;
    t->estimated = true;
    for (uint32_t i = 0; i < m->levels.n_blocks; i++) {
        const struct hs_sampled_block *b = &m->levels.block[i];
        struct hs_site_then *s = &t->site[b->site + 1];
        keep_large(t, (struct hs_large_block){b->site, b->size});
        s->requested += (uint64_t)(b->weight * b->size);
        s->largest = b->bytes > s->largest ? b->bytes : s->largest;
        s->first = !s->samples || b->number < s->first ? b->number : s->first;
        s->last = b->number > s->last ? b->number : s->last;
        s->samples++;
    }
    for (uint32_t i = 0; i < t->n; i++) {
        const struct hs_estimate *e = &m->sum[i].sampled;
        struct hs_site_then *s = &t->site[i];
        s->site = i - 1;
        s->live = (uint64_t)e->live;
        s->blocks = (uint64_t)(e->live_blocks + 0.5);
        s->allocated = (uint64_t)(e->allocs + e->reallocs + 0.5);
        s->grown = (uint64_t)(e->reallocs + e->freed + 0.5);
        s->resized = (uint64_t)(e->resized + 0.5);
        s->allocates = !(e->reallocs > 0);
    }
}

static void count_sites(struct hs_failure_state *t, const struct hs_model *m)
{
    for (uint32_t i = 0; i < t->n; i++) {
        t->site[i].site = i - 1;
        t->site[i].allocated = m->sum[i].allocs + m->sum[i].reallocs;
        t->site[i].grown = m->sum[i].reallocs + m->sum[i].freed;
        t->site[i].resized = m->sum[i].resized;
        t->site[i].allocates = !m->sum[i].reallocs;
    }
}

static int find_blame(struct hs_failure_watch *w, struct hs_failure_state *t, const struct hs_model *m)
{
    struct hs_blame_request request = {.size = t->failure.size, .asked = t->failure.region, .caps = t->failure.caps};
    hs_blame_free(&t->blame);
    if (!t->failure.placed)
        return HS_OK;
    int error = hs_heap_snapshot_take(&w->snapshot, m);
    return error ? error : hs_blame_find(&t->blame, &w->snapshot, &request);
}

static int keep(struct hs_failure_watch *w, struct hs_failure_state *t, const struct hs_model *m)
{
    struct hs_site_then *site = calloc(m->n_sums ? m->n_sums : 1, sizeof *site);
    if (!site)
        return HS_ERR_MEMORY;
    free(t->site);
    t->site = site;
    t->n = m->n_sums;
    t->estimated = false;
    if (t->failure.level == HS_LEVEL_SAMPLED) {
        count_samples(t, m);
        return HS_OK;
    }
    count_blocks(t, m);
    count_sites(t, m);
    return t->failure.verdict == HS_VERDICT_FRAGMENTED ? find_blame(w, t, m) : HS_OK;
}

/* After a failure, the exception's own objects often fail for a few bytes each, also if the program's request was smaller. These
 * are no failures of the program. Where the heap was not known at the first one, one as large says the same. */
static bool is_consequence(const struct hs_failure_watch *w, const struct hs_failure *f)
{
    bool known = !w->unknown_size || f->size < w->unknown_size;
    return known && w->failures > 1 && f->size <= FOLLOWING_BYTES && f->number - w->last_number <= FOLLOWING_RECORDS;
}

static bool is_full(const struct hs_failure *f) { return f->verdict == HS_VERDICT_FULL || f->verdict == HS_VERDICT_FRAGMENTED; }

/* The largest request is kept. For a locked heap, or with the collector off, the first one is kept, because its size
 * does not matter; and so is the first of the small ones when the heap is full, because those after it may belong to the
 * exception, also long after it, when its traceback is printed. */
static bool is_worse(const struct hs_failure_watch *w, const struct hs_failure *f, const struct hs_failure *before)
{
    bool small = f->size <= FOLLOWING_BYTES;
    bool others = w->moment[HS_VERDICT_FULL].failure.size || w->moment[HS_VERDICT_FRAGMENTED].failure.size;
    if (is_full(f) && small && others)
        return false;
    return !before->size || (is_full(f) && f->size > before->size);
}

/* Which of them raised is known when the trace has been read: names decide. */
static void keep_locked(struct hs_failure_watch *w, const struct hs_failure *f)
{
    for (unsigned i = 0; i < w->n_locked; i++)
        if (w->locked[i].site == f->site)
            return;
    if (w->n_locked < HS_LOCKED_SITES)
        w->locked[w->n_locked++] = *f;
}

bool hs_failure_watch_has(const struct hs_failure_watch *w, uint32_t boot)
{
    for (unsigned i = 0; i < HS_DIAGNOSES; i++)
        if (w->moment[i].failure.size && w->moment[i].failure.boot == boot)
            return true;
    return false;
}

void hs_failure_watch_failed(struct hs_failure_watch *w, const struct hs_model *m, const struct hs_failure *failure)
{
    bool pool = failure->region < m->n_regions && m->region[failure->region].memory == HS_MEMORY_POOL;
    struct hs_failure_state *t = &w->moment[failure->verdict];
    if (pool || w->error)
        return;
    w->failures++;
    w->latest = NULL;
    if (failure->verdict == HS_VERDICT_LOCKED)
        keep_locked(w, failure);
    if (is_consequence(w, failure))
        return;
    w->last_number = failure->number;
    w->unknown_size = failure->verdict == HS_VERDICT_UNKNOWN ? failure->size : 0;
    if (failure->verdict == HS_VERDICT_UNKNOWN || !is_worse(w, failure, &t->failure))
        return;
    t->failure = *failure;
    t->referred = false;
    w->latest = t;
    w->error = keep(w, t, m);
}

/* The firmware records references directly after the failure, before it does anything else. */
void hs_failure_watch_references(struct hs_failure_watch *w, const struct hs_model *m, const struct hs_reader *reader,
                                 const struct hs_event *event)
{
    struct hs_failure_state *t = w->latest;
    if (!t || !reader || w->error)
        return;
    if (event->number != w->refs.expected && event->number > t->failure.number + REFERENCES_RECORDS) {
        w->latest = NULL;
        return;
    }
    w->refs.pointer_bytes = hs_reader_info(reader)->pointer_bytes;
    int fed = hs_refs_feed(&w->refs, m, event);
    w->error = fed < 0 ? fed : HS_OK;
    if (fed <= 0)
        return;
    hs_refgraph_free(&t->graph);
    t->graph = hs_refs_take(&w->refs);
    t->referred = true;
    w->latest = NULL;
}
