/* SPDX-License-Identifier: MIT */
#include "analysis/blame/islands.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/sites/phases.h"
#include "lib/host/util/array.h"

/* State of a granule: of the block whose head is there, and of the last block that was freed there. */
struct hs_island_granule {
    uint32_t last_site, last_granules; /* the last block here; last_granules 0: none */
    uint64_t last_lifetime;            /* ticks */
    uint32_t born;                     /* collections done when the block was placed here */
    uint32_t resized;
    bool island, in_import; /* `island`: the block has been part of an island */
};

/* ---- tables that grow ---- */

static bool grow_sites(struct hs_islands *is, uint32_t n)
{
    uint32_t room[2] = {is->n_sites, is->n_sites};
    if (!hs_array_fill(is->site, room[0], n, 0) || !hs_array_fill(is->birth, room[1], n, 0))
        return false;
    is->n_sites = room[0];
    return true;
}

static bool grow_granules(struct hs_islands *is, uint32_t n)
{
    if (!hs_array_fill(is->granule, is->granules_room, n, 0))
        return false;
    is->n_granules = n > is->n_granules ? n : is->n_granules;
    return true;
}

static bool ready(struct hs_islands *is, const struct hs_model *m)
{
    if (!is->error && !(grow_sites(is, m->n_sums) && grow_granules(is, m->n_granules)))
        is->error = HS_ERR_MEMORY;
    return !is->error;
}

static struct hs_island_site *site_of(struct hs_islands *is, const struct hs_live_block *b)
{
    return &is->site[b->site + 1 < is->n_sites ? b->site + 1 : 0];
}

/* ---- allocation and freeing ---- */

static void count_life(struct hs_islands *is, const struct hs_model *m, uint32_t pos)
{
    const struct hs_live_block *b = &m->block[pos];
    struct hs_island_site *s = site_of(is, b);
    s->lifetime += m->time - b->time;
    s->survived += (uint32_t)m->collections.done - b->collection;
    s->ended++;
    is->granule[pos].island = false;
}

/* Only the first and the last granule of a freed block can be adjacent to an island, so only these are recorded. */
static void remove_block(struct hs_islands *is, const struct hs_model *m, uint32_t pos)
{
    if (pos >= m->n_granules || !m->block[pos].granules || m->block[pos].granules > is->n_granules - pos)
        return;
    const struct hs_live_block *b = &m->block[pos];
    if (is->granule[pos].island)
        count_life(is, m, pos);
    struct hs_island_granule last = {.last_site = b->site, .last_granules = b->granules, .last_lifetime = m->time - b->time};
    is->granule[pos] = is->granule[pos + b->granules - 1] = last;
}

static void place_block(struct hs_islands *is, const struct hs_model *m, uint32_t pos, uint32_t resized)
{
    if (pos >= is->n_granules)
        return;
    is->granule[pos].born = (uint32_t)m->collections.done;
    is->granule[pos].resized = resized;
    is->granule[pos].in_import = is->imports > 0;
}

static void resize(struct hs_islands *is, const struct hs_model *m, const struct hs_event *e)
{
    if (e->old >= is->n_granules || e->pos >= is->n_granules)
        return;
    struct hs_island_granule was = is->granule[e->old];
    if (was.island)
        count_life(is, m, e->old);
    if (e->old != e->pos)
        remove_block(is, m, e->old);
    else
        is->granule[e->pos].resized++;
    if (e->old != e->pos)
        place_block(is, m, e->pos, was.resized + 1);
}

static void clear(struct hs_islands *is)
{
    if (is->n_granules)
        memset(is->granule, 0, is->n_granules * sizeof *is->granule);
    is->imports = is->depth = 0;
}

/* ---- imports ---- */

static void end_phases(struct hs_islands *is, uint32_t depth)
{
    for (; is->depth > depth; is->depth--)
        is->imports -= is->in_import[is->depth - 1];
}

static void begin_phase(struct hs_islands *is, const struct hs_record_phase *r)
{
    uint32_t depth = r->depth < 63 ? r->depth : 63;
    end_phases(is, depth);
    for (; is->depth < depth; is->depth++)
        is->in_import[is->depth] = false;
    is->in_import[is->depth++] = r->phase == HS_PHASE_IMPORT;
    is->imports += r->phase == HS_PHASE_IMPORT;
}

int hs_islands_before(struct hs_islands *is, const struct hs_model *m, const struct hs_event *e)
{
    if (e->boot != is->boot || e->kind == HS_RESET)
        clear(is);
    is->boot = e->boot;
    if (!ready(is, m))
        return is->error;
    switch (e->kind) {
    case HS_FREE: remove_block(is, m, e->old); break;
    case HS_REALLOC: resize(is, m, e); break;
    case HS_SWEEP:
        for (uint32_t i = 0; i < e->n_freed; i++)
            remove_block(is, m, e->freed[i]);
        break;
    case HS_PHASE: begin_phase(is, &e->record->phase); break;
    case HS_PHASE_END: end_phases(is, e->record->phase_end.depth < 63 ? e->record->phase_end.depth : 63); break;
    }
    return HS_OK;
}

/* ---- search for islands ---- */

/* One stretch of used granules. */
struct stretch {
    uint32_t start, end;  /* granules */
    uint32_t left, right; /* free granules before and after */
    uint32_t blocks;
    unsigned shift;
};

static void add_beside(struct hs_island_site *s, const struct hs_island_granule *g, unsigned shift)
{
    struct hs_beside add = {g->last_site, 1, (uint64_t)g->last_granules << shift, g->last_lifetime};
    if (!g->last_granules)
        return;
    s->besides++;
    s->beside_lifetime += g->last_lifetime;
    for (unsigned i = 0; i < HS_BESIDES; i++) {
        struct hs_beside *b = &s->beside[i];
        if (b->blocks && b->site != add.site)
            continue;
        add.blocks += b->blocks;
        add.bytes += b->bytes;
        add.lifetime += b->lifetime;
        *b = add;
        return;
    }
}

static void first_seen(struct hs_islands *is, const struct hs_live_block *b, struct hs_island_granule *g, const struct stretch *s)
{
    struct hs_island_site *site = site_of(is, b);
    uint64_t bytes = (uint64_t)b->granules << s->shift;
    g->island = true;
    if (!site->blocks || b->size < site->smallest)
        site->smallest = b->size;
    if (b->size > site->largest)
        site->largest = b->size;
    site->blocks++;
    site->bytes += bytes;
    site->resized += g->resized;
    site->in_import += g->in_import;
    add_beside(site, &is->granule[s->start - 1], s->shift);
    if (s->end < is->n_granules)
        add_beside(site, &is->granule[s->end], s->shift);
}

static void charge(struct hs_islands *is, const struct hs_model *m, const struct stretch *s)
{
    uint32_t parted = s->left < s->right ? s->left : s->right;
    if (!s->blocks || s->end - s->start > parted)
        return;
    uint64_t share = ((uint64_t)parted << s->shift) / s->blocks;
    for (uint32_t pos = s->start; pos < s->end; pos += m->block[pos].granules) {
        struct hs_island_site *site = site_of(is, &m->block[pos]);
        if (!is->granule[pos].island)
            first_seen(is, &m->block[pos], &is->granule[pos], s);
        site->moments += site->last_moment != is->moments;
        site->last_moment = is->moments;
        site->sightings++;
        site->parted += share;
    }
}

static void search_region(struct hs_islands *is, const struct hs_model *m, const struct hs_region_state *r)
{
    uint32_t end = r->first + r->granules, at = r->first;
    struct stretch s = {.start = at, .end = at, .shift = r->shift};
    while (at < end) {
        uint32_t head = hs_model_next(m, at, end);
        if (head > at) {
            s.end = at;
            s.right = head - at;
            charge(is, m, &s);
            s = (struct stretch){.start = head, .left = head - at, .shift = r->shift};
        }
        if (head == end)
            return;
        s.blocks++;
        at = m->block[head].granules < end - head ? head + m->block[head].granules : end;
    }
}

/* Counts blocks placed since the last collection, and those for which a free run that is long enough now exists at a
 * lower address. */
static void count_births(struct hs_islands *is, const struct hs_model *m, const struct hs_region_state *r, uint32_t *longest)
{
    uint32_t end = r->first + r->granules, at = r->first, now = (uint32_t)m->collections.done;
    while (at < end) {
        uint32_t head = hs_model_next(m, at, end);
        *longest = head - at > *longest ? head - at : *longest;
        if (head == end)
            return;
        const struct hs_live_block *b = &m->block[head];
        if (is->granule[head].born + 1 == now) {
            struct hs_birth_site *birth = &is->birth[b->site + 1 < is->n_sites ? b->site + 1 : 0];
            birth->blocks++;
            birth->lower += *longest >= b->granules;
        }
        at = b->granules < end - head ? head + b->granules : end;
    }
}

static void search_all(struct hs_islands *is, const struct hs_model *m, bool collected)
{
    uint32_t longest = 0;
    is->moments++;
    for (unsigned r = 0; r < m->n_regions; r++) {
        if (!m->region[r].present)
            continue;
        search_region(is, m, &m->region[r]);
        if (collected)
            count_births(is, m, &m->region[r], &longest);
    }
}

int hs_islands_after(struct hs_islands *is, const struct hs_model *m, const struct hs_event *e)
{
    if (!ready(is, m))
        return is->error;
    bool failed = e->kind == HS_FAIL && HS_FAIL_CAUSE(e->record->fail.cause) == 0;
    if (e->kind == HS_ALLOC)
        place_block(is, m, e->pos, 0);
    else if ((e->kind == HS_COLLECT_END || failed) && m->synced && m->levels.last <= HS_LEVEL_FULL)
        search_all(is, m, !failed);
    return HS_OK;
}

void hs_islands_finish(struct hs_islands *is, const struct hs_model *m)
{
    if (!ready(is, m))
        return;
    for (uint32_t pos = 0; pos < is->n_granules; pos++)
        if (is->granule[pos].island && m->block[pos].granules) {
            site_of(is, &m->block[pos])->kept++;
            count_life(is, m, pos);
        }
}

void hs_islands_free(struct hs_islands *is)
{
    free(is->site);
    free(is->birth);
    free(is->granule);
    *is = (struct hs_islands){0};
}

static void add_besides(struct hs_island_site *a, const struct hs_beside *b)
{
    for (unsigned i = 0; b->blocks && i < HS_BESIDES; i++) {
        if (a->beside[i].blocks && a->beside[i].site != b->site)
            continue;
        a->beside[i].site = b->site;
        a->beside[i].blocks += b->blocks;
        a->beside[i].bytes += b->bytes;
        a->beside[i].lifetime += b->lifetime;
        return;
    }
}

void hs_island_add(struct hs_island_site *a, const struct hs_island_site *b)
{
    if (!b->blocks)
        return;
    a->smallest = a->blocks && a->smallest < b->smallest ? a->smallest : b->smallest;
    a->largest = a->largest > b->largest ? a->largest : b->largest;
    a->moments = a->moments > b->moments ? a->moments : b->moments;
    a->sightings += b->sightings;
    a->parted += b->parted;
    a->blocks += b->blocks;
    a->bytes += b->bytes;
    a->lifetime += b->lifetime;
    a->survived += b->survived;
    a->ended += b->ended;
    a->kept += b->kept;
    a->resized += b->resized;
    a->in_import += b->in_import;
    a->besides += b->besides;
    a->beside_lifetime += b->beside_lifetime;
    for (unsigned i = 0; i < HS_BESIDES; i++)
        add_besides(a, &b->beside[i]);
}
