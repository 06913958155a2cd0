/* SPDX-License-Identifier: MIT
 *
 * What the files of the model share. Other code reads struct hs_model and calls model.h.
 */
#ifndef HS_MODEL_INTERNAL_H
#define HS_MODEL_INTERNAL_H

#include "analysis/model/model.h"
#include "lib/assertion.h"

#define HS_NO_BOOT UINT32_MAX /* model->boot before the first event */

/* Sums of a site, created if needed. Never NULL: beyond HS_SITE_LIMIT it is site 0, and without memory it is the
 * unknown site, with model->error set. */
struct hs_site_sum *hs_model_grow_sums(struct hs_model *model, uint32_t site);

/* Adds one region's figures to `layout`. */
void hs_space_stats_add(struct hs_space_stats *layout, const struct hs_model *model, const struct hs_region_state *region);

/* Removes a block without a free event: its region was removed, the firmware restarted, or a snapshot does not contain it. */
void hs_model_drop(struct hs_model *model, unsigned region, uint32_t pos);

/* Records that change more than one block. */
void hs_model_boot(struct hs_model *model, const struct hs_event *event);
void hs_model_reset(struct hs_model *model);
void hs_model_region_added(struct hs_model *model, const struct hs_event *event);
void hs_model_region_removed(struct hs_model *model, const struct hs_event *event);
void hs_model_resync(struct hs_model *model, const struct hs_event *event);
void hs_model_held(struct hs_model *model, const struct hs_event *event);
void hs_model_failed(struct hs_model *model, const struct hs_event *event);
void hs_model_tell_failed(struct hs_model *model, const struct hs_failure *failure); /* all watchers */
void hs_model_tell_collected(struct hs_model *model);
void hs_model_tell_summed(struct hs_model *model, const struct hs_event *event);
void hs_model_tell_other(struct hs_model *model, const struct hs_event *event);
void hs_model_marked(struct hs_model *model, const struct hs_event *event);
void hs_model_fact(struct hs_model *model, const struct hs_event *event);
void hs_model_after_mark(struct hs_model *model, const struct hs_event *event); /* any record while model->marked.open */

/* Levels, samples and summaries. */
void hs_model_level(struct hs_model *model, const struct hs_event *event);
void hs_model_level_is(struct hs_model *model, uint8_t level); /* found from another record than LEVEL */
void hs_model_levels_end(struct hs_model *model);              /* at the end of a boot */
void hs_model_levels_begin(struct hs_model *model, const struct hs_event *event);
void hs_model_sampled(struct hs_model *model, const struct hs_event *event);
void hs_model_sample_ended(struct hs_model *model, const struct hs_event *event);
void hs_model_samples_swept(struct hs_model *model, const struct hs_event *event);
void hs_model_on_summary(struct hs_model *model, const struct hs_event *event);
void hs_model_forget_summaries(struct hs_model *model); /* the last summaries are no longer valid */
void hs_model_named(struct hs_model *model, const struct hs_event *event);
void hs_model_levels_now(struct hs_model *model); /* extends the open span to now */
void hs_model_levels_free(struct hs_levels *levels);

/* Keeps the two largest requests of a site. */
static inline void hs_model_note_request(struct hs_site_sum *sum, const struct hs_event *e)
{
    if (e->size < sum->again)
        return;
    bool most = e->size > sum->largest;
    sum->again = most ? sum->largest : e->size;
    sum->largest = most ? e->size : sum->largest;
    sum->again_number = e->number;
}

static inline struct hs_site_sum *hs_model_sum(struct hs_model *model, uint32_t site)
{
    uint32_t index = site + 1; /* HS_SITE_UNKNOWN wraps to 0 */
    if (__builtin_expect(index >= model->n_sums, 0))
        return hs_model_grow_sums(model, site);
    return &model->sum[index];
}

/* The bytes at the peak are copied lazily: at the site's first change after the peak was set. */
static inline void hs_model_stamp(const struct hs_model *model, struct hs_site_sum *sum)
{
    if (sum->changed <= model->peak_number)
        sum->at_peak = sum->live;
    sum->changed = model->number;
}

/* The sums that a block of this site is charged to. NULL: none are kept. */
static inline struct hs_site_sum *hs_model_charged(struct hs_model *model, uint32_t site)
{
    return model->whole && site != HS_SITE_UNKNOWN ? NULL : hs_model_sum(model, site);
}

static inline bool hs_model_is_own(const struct hs_model *model, const struct hs_live_block *block)
{
    return __builtin_expect(model->n_own > 0, 0) && hs_model_owns(model, (uint32_t)(block - model->block));
}

/* `sum`: as hs_model_charged returns it. */
static inline void hs_model_charge(struct hs_model *model, struct hs_region_state *region, struct hs_site_sum *sum,
                                   const struct hs_live_block *block)
{
    uint64_t bytes = (uint64_t)block->granules << region->shift;
    if (hs_model_is_own(model, block)) {
        model->own_bytes += bytes;
        return;
    }
    if (sum) {
        hs_model_stamp(model, sum);
        sum->live_blocks++;
        sum->live += bytes;
        sum->max_live = sum->live > sum->max_live ? sum->live : sum->max_live;
    }
    region->blocks++;
    region->requested += block->size;
    region->used += bytes;
    region->peak = region->used > region->peak ? region->used : region->peak;
    model->blocks++;
    model->requested += block->size;
    model->used += bytes;
    if (model->used > model->peak) {
        model->peak = model->used;
        model->peak_number = model->number;
        model->peak_time = model->time;
    }
}

static inline void hs_model_discharge(struct hs_model *model, struct hs_region_state *region, struct hs_site_sum *sum,
                                      const struct hs_live_block *block)
{
    uint64_t bytes = (uint64_t)block->granules << region->shift;
    if (hs_model_is_own(model, block)) {
        HS_ASSERT(model->own_bytes >= bytes);
        model->own_bytes -= bytes;
        return;
    }
    if (sum) {
        hs_model_stamp(model, sum);
        sum->live_blocks--;
        sum->live -= bytes;
    }
    region->blocks--;
    region->requested -= block->size;
    region->used -= bytes;
    model->blocks--;
    model->requested -= block->size;
    model->used -= bytes;
    /* none fell below 0 */
    HS_ASSERT(!sum || !((sum->live_blocks | sum->live) >> 63));
    HS_ASSERT(!((region->blocks | region->used | model->blocks | model->used) >> 63));
}

/* The block ends now. Its lifetime is charged to the site that holds it. */
static inline void hs_model_charge_lifetime(const struct hs_model *model, struct hs_site_sum *sum,
                                            const struct hs_live_block *block)
{
    sum->lifetime += model->time - block->time;
    sum->survived += (uint32_t)model->collections.done - block->collection;
}

static inline void hs_model_report_taken(struct hs_model *model, unsigned region, uint32_t pos, uint32_t granules)
{
    if (model->observer.taken && granules)
        model->observer.taken(model->observer.context, region, (struct hs_extent){pos, granules});
}

static inline void hs_model_report_freed(struct hs_model *model, unsigned region, uint32_t pos, uint32_t granules)
{
    if (model->observer.freed && granules)
        model->observer.freed(model->observer.context, region, (struct hs_extent){pos, granules});
}

#endif
