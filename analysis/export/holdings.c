/* SPDX-License-Identifier: MIT */
#include "analysis/export/holdings.h"

#include <stdlib.h>
#include <string.h>

#include "lib/host/util/array.h"

struct hs_beginning {
    uint64_t born;
    const char *came;
};

static bool grow(struct hs_holdings *l)
{
    bool grown = hs_array_fill(l->beginning, l->n, l->changes->model->n_granules, 0);
    l->short_of_memory |= !grown;
    return grown;
}

static const char *came_by(const struct hs_holdings *l)
{
    return l->event->kind == HS_ALLOC ? "alloc" : l->event->kind == HS_REALLOC ? "resize" : "snapshot";
}

/* Why a holding ends with this event. */
static const char *gone_by(const struct hs_holdings *l)
{
    if (l->another_boot)
        return "reset";
    switch (l->event->kind) {
    case HS_FREE: return "free";
    case HS_SWEEP: return "sweep";
    case HS_SNAPSHOT: return l->in_collection ? "sweep" : "lost"; /* the snapshot replaces the sweep */
    case HS_RESET: return "reset";
    case HS_REGION:
    case HS_REGION_END: return "region end";
    default: return "lost";
    }
}

static void begin(struct hs_holdings *l, uint32_t pos)
{
    if (grow(l) && pos < l->n)
        l->beginning[pos] = (struct hs_beginning){l->now, came_by(l)};
}

static struct hs_holding holding_at(const struct hs_holdings *l, uint32_t pos, const struct hs_live_block *block)
{
    unsigned region = hs_model_region_of(l->changes->model, pos);
    bool known = pos < l->n && l->beginning[pos].came;
    struct hs_holding holding = {
        .block = *block,
        .pos = pos,
        .region = (uint8_t)region,
        .how = "",
        .born = known ? l->beginning[pos].born : l->now,
        .came = known ? l->beginning[pos].came : "snapshot",
    };
    if (region < l->changes->model->n_regions)
        holding.bytes = (uint64_t)block->granules << l->changes->model->region[region].shift;
    return holding;
}

void hs_holdings_expect(struct hs_holdings *holdings, const struct hs_event *e, uint64_t ns)
{
    const struct hs_model *m = holdings->changes->model;
    holdings->event = e;
    holdings->now = ns;
    holdings->at = 0;
    if (!hs_model_summary_only(m))
        holdings->followed = ns;
    holdings->another_boot = e->boot != m->boot;
    holdings->in_collection = m->in_collection;
}

static bool ended(const struct hs_holdings *l, const struct hs_block_change *change, struct hs_holding *holding)
{
    bool resized = change->kind == HS_CHANGE_RESIZED;
    if (change->kind == HS_CHANGE_TAKEN || (resized && !change->before.granules))
        return false;
    *holding = holding_at(l, resized ? l->event->old : change->pos, resized ? &change->before : &change->block);
    holding->died = l->now;
    holding->how = resized ? "resize" : gone_by(l);
    if (!resized) { /* the model no longer has a region that was removed */
        holding->region = change->region;
        holding->bytes = change->bytes;
    }
    return true;
}

bool hs_holdings_next(struct hs_holdings *l, struct hs_holding *holding)
{
    while (l->at < l->changes->n) {
        const struct hs_block_change *change = &l->changes->change[l->at++];
        bool over = ended(l, change, holding);
        if (change->kind != HS_CHANGE_FREED)
            begin(l, change->pos);
        if (over)
            return true;
    }
    return false;
}

bool hs_holdings_rest(struct hs_holdings *l, struct hs_holding *holding)
{
    const struct hs_model *m = l->changes->model;
    uint32_t pos = hs_model_next(m, l->next, m->n_granules);
    if (pos >= m->n_granules)
        return false;
    *holding = holding_at(l, pos, &m->block[pos]);
    if (hs_model_summary_only(m)) {
        holding->how = "not known";
        holding->died = l->followed;
    }
    l->next = pos + 1;
    return true;
}

void hs_holdings_free(struct hs_holdings *holdings) { free(holdings->beginning); }
