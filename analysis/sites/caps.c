/* SPDX-License-Identifier: MIT
 *
 * Requested capabilities and the regions that served them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sites/caps.h"
#include "lib/host/util/array.h"

static const struct {
    unsigned bit;
    const char *name;
} capabilities[] = {
    {0, "EXEC"},    {1, "32BIT"},          {2, "8BIT"},          {3, "DMA"},           {4, "PID2"},
    {5, "PID3"},    {6, "PID4"},           {7, "PID5"},          {8, "PID6"},          {9, "PID7"},
    {10, "SPIRAM"}, {11, "INTERNAL"},      {12, "DEFAULT"},      {13, "IRAM_8BIT"},    {14, "RETENTION"},
    {15, "RTCRAM"}, {16, "SPM"},           {17, "DMA_DESC_AHB"}, {18, "DMA_DESC_AXI"}, {19, "CACHE_ALIGNED"},
    {20, "SIMD"},   {21, "SPIRAM_NO_ENC"}, {31, "INVALID"},
};
#define N_CAPABILITIES (sizeof capabilities / sizeof *capabilities)

/* Bits without a known name are shown as numbers. */
static void name_of_bit(char *name, size_t room, unsigned bit)
{
    for (size_t i = 0; i < N_CAPABILITIES; i++)
        if (capabilities[i].bit == bit) {
            snprintf(name, room, "%s", capabilities[i].name);
            return;
        }
    snprintf(name, room, "bit %u", bit);
}

char *hs_caps_name(char *name, uint32_t caps)
{
    size_t at = 0;
    snprintf(name, HS_CAPS_NAME, "none");
    for (unsigned bit = 0; bit < 32; bit++) {
        char one[20];
        if (!(caps >> bit & 1))
            continue;
        name_of_bit(one, sizeof one, bit);
        at += (size_t)snprintf(name + at, HS_CAPS_NAME - at, "%s%s", at ? " " : "", one);
    }
    return name;
}

const char *hs_memory_name(unsigned memory)
{
    const char *name = hs_word(hs_words_of(HS_REGION, "memory"), memory);
    return name ? name : "unknown";
}

/* Data about a block that the model does not keep. */
struct hs_caps_held {
    uint32_t bytes; /* taken; 0: not counted */
    uint8_t class;  /* index into by_class; OTHERS: internal, not from malloc */
};
#define OTHERS 255u
#define EXTERNAL 254u /* external, not from malloc */

struct hs_caps_flow *hs_caps_flow_new(const struct hs_model *model, const struct hs_reader *reader)
{
    struct hs_caps_flow *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->model = model;
    f->reader = reader;
    f->dma_least = UINT64_MAX;
    for (unsigned i = 0; i < HS_CAPS_THRESHOLDS; i++)
        f->threshold[i].limit = UINT64_C(16) << i;
    return f;
}

void hs_caps_flow_free(struct hs_caps_flow *f)
{
    if (!f)
        return;
    free(f->row);
    free(f->spill);
    free(f->held);
    free(f);
}

/* ---- capabilities of sites, kinds of regions ---- */

static uint32_t caps_of(const struct hs_caps_flow *f, uint32_t site)
{
    const struct hs_site *s = site == HS_SITE_UNKNOWN ? NULL : hs_reader_site(f->reader, site);
    return s && !s->line && !s->function[0] ? s->offset : 0;
}

static bool is_external(const struct hs_region_state *region)
{
    return region->memory == HS_MEMORY_PSRAM || region->caps & HS_CAP_SPIRAM;
}

/* malloc() and similar calls: any memory will do, and one kind is tried first. */
static bool is_free_choice(uint32_t caps)
{
    return caps & HS_CAP_DEFAULT && !(caps & HS_CAP_DMA) && caps & (HS_CAP_INTERNAL | HS_CAP_SPIRAM);
}

/* ---- rows ---- */

static struct hs_caps_row *row_of(struct hs_caps_flow *f, uint32_t caps, unsigned region)
{
    for (size_t i = 0; i < f->n_rows; i++)
        if (f->row[i].caps == caps && f->row[i].region == region)
            return &f->row[i];
    struct hs_caps_row *row = hs_array_add(f->row, f->n_rows, f->room_rows);
    if (row)
        *row = (struct hs_caps_row){.caps = caps, .region = region};
    f->short_of_memory |= !row;
    return row;
}

static struct hs_caps_spill *spill_of(struct hs_caps_flow *f, uint32_t site, bool outward)
{
    for (size_t i = 0; i < f->n_spills; i++)
        if (f->spill[i].site == site && f->spill[i].outward == outward)
            return &f->spill[i];
    struct hs_caps_spill *spill = hs_array_add(f->spill, f->n_spills, f->room_spills);
    if (spill)
        *spill = (struct hs_caps_spill){.site = site, .outward = outward};
    f->short_of_memory |= !spill;
    return spill;
}

static void count_spill(struct hs_caps_flow *f, const struct hs_event *e, uint32_t caps, bool external)
{
    bool outward = caps & HS_CAP_INTERNAL && external, inward = caps & HS_CAP_SPIRAM && !external;
    if (!outward && !inward)
        return;
    struct hs_caps_spill *spill = spill_of(f, e->site, outward);
    if (spill) {
        spill->allocs++;
        spill->bytes += e->size;
    }
    *(outward ? &f->spilled : &f->inward) += 1;
    *(outward ? &f->spilled_bytes : &f->inward_bytes) += e->size;
}

/* ---- thresholds ---- */

static struct hs_caps_held *held_at(struct hs_caps_flow *f, uint32_t pos)
{
    if (pos >= f->n_held) {
        uint32_t n = f->model->n_granules;
        if (pos >= n || !hs_array_fill(f->held, f->n_held, n, 0)) {
            f->short_of_memory |= pos < n;
            return NULL;
        }
    }
    return &f->held[pos];
}

static uint64_t *sum_of(struct hs_caps_flow *f, unsigned class)
{
    return class == OTHERS ? &f->others : class == EXTERNAL ? NULL : &f->by_class[class];
}

static void drop(struct hs_caps_flow *f, uint32_t pos)
{
    struct hs_caps_held *held = pos < f->n_held ? &f->held[pos] : NULL;
    if (!held || !held->bytes)
        return;
    uint64_t *sum = sum_of(f, held->class);
    if (sum)
        *sum -= held->bytes;
    held->bytes = 0;
}

static unsigned class_of(uint32_t size)
{
    unsigned class = 0;
    while (class < HS_CAPS_THRESHOLDS && (UINT64_C(16) << class) < size)
        class ++;
    return class;
}

static void hold(struct hs_caps_flow *f, const struct hs_event *e, uint32_t caps, const struct hs_region_state *region)
{
    struct hs_caps_held *held = held_at(f, e->pos);
    if (!held)
        return;
    drop(f, e->pos);
    held->bytes = e->granules << region->shift;
    held->class = (uint8_t)(is_free_choice(caps) ? class_of(e->size) : is_external(region) ? EXTERNAL : OTHERS);
    uint64_t *sum = sum_of(f, held->class), inside = f->others;
    if (sum)
        *sum += held->bytes;
    inside = f->others;
    for (unsigned i = 0; i < HS_CAPS_THRESHOLDS; i++) {
        inside += f->by_class[i];
        if (inside > f->threshold[i].peak)
            f->threshold[i].peak = inside;
    }
}

/* ---- memory for DMA ---- */

/* Before the first snapshot of a ring the regions are not known, and nothing left would be wrong. */
static void update_dma(struct hs_caps_flow *f)
{
    uint64_t left = 0;
    bool any = false;
    for (unsigned i = 0; i < f->model->n_regions; i++) {
        const struct hs_region_state *region = &f->model->region[i];
        if (!region->present || !(region->caps & HS_CAP_DMA))
            continue;
        any = true;
        left += ((uint64_t)region->granules << region->shift) - region->used;
    }
    f->dma |= any;
    f->dma_free = left;
    if (any && f->model->synced && left < f->dma_least)
        f->dma_least = left;
}

void hs_caps_flow_take(struct hs_caps_flow *f, const struct hs_event *e)
{
    if (e->kind == HS_FREE || e->kind == HS_REALLOC)
        drop(f, e->old);
    if ((e->kind == HS_ALLOC || e->kind == HS_REALLOC) && e->pos < f->model->n_granules) {
        const struct hs_region_state *region = &f->model->region[e->region];
        uint32_t caps = caps_of(f, e->site);
        struct hs_caps_row *row = row_of(f, caps, e->region);
        if (row) {
            row->allocs++;
            row->bytes += e->size;
        }
        count_spill(f, e, caps, is_external(region));
        hold(f, e, caps, region);
    }
    if (e->kind <= HS_REALLOC || e->kind == HS_SNAPSHOT)
        update_dma(f);
}

/* ---- the end ---- */

static int by_bytes(const void *a, const void *b)
{
    const struct hs_caps_spill *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->site != y->site ? (x->site < y->site ? -1 : 1) : x->outward - y->outward;
}

static int by_caps(const void *a, const void *b)
{
    const struct hs_caps_row *x = a, *y = b;
    return x->caps != y->caps ? (x->caps < y->caps ? -1 : 1) : (int)x->region - (int)y->region;
}

static void count_live(struct hs_caps_flow *f, unsigned index)
{
    const struct hs_model *m = f->model;
    const struct hs_region_state *region = &m->region[index];
    uint32_t end = region->first + region->granules;
    for (uint32_t pos = region->first; region->present && (pos = hs_model_next(m, pos, end)) < end; pos++) {
        const struct hs_live_block *block = &m->block[pos];
        uint64_t bytes = (uint64_t)block->granules << region->shift;
        if (hs_model_owns(m, pos))
            continue;
        uint32_t caps = caps_of(f, block->site);
        struct hs_caps_row *row = row_of(f, caps, index);
        if (row) {
            row->live_blocks++;
            row->live += bytes;
        }
        for (size_t i = 0; i < f->n_spills; i++)
            if (f->spill[i].site == block->site && f->spill[i].outward == is_external(region))
                f->spill[i].live += bytes;
    }
}

int hs_caps_flow_finish(struct hs_caps_flow *f)
{
    update_dma(f);
    for (unsigned i = 0; i < f->model->n_regions; i++) {
        const struct hs_region_state *region = &f->model->region[i];
        count_live(f, i);
        f->external |= is_external(region);
        if (region->present && region->caps & HS_CAP_DEFAULT && !is_external(region))
            f->internal += (uint64_t)region->granules << region->shift;
    }
    for (unsigned i = 0; i < HS_CAPS_THRESHOLDS; i++)
        f->threshold[i].fits = f->threshold[i].peak <= f->internal;
    if (f->n_spills)
        qsort(f->spill, f->n_spills, sizeof *f->spill, by_bytes);
    if (f->n_rows)
        qsort(f->row, f->n_rows, sizeof *f->row, by_caps);
    return f->short_of_memory ? HS_ERR_MEMORY : HS_OK;
}
