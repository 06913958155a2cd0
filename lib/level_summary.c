/* SPDX-License-Identifier: MIT
 *
 * Summaries: the figures of a region, and the sites that requested most since the last summary.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/level.h"
#include "lib/section.h"
#include "lib/trace.h"
#include "lib/varint.h"

/* --- regions ----------------------------------------------------------------------------------------------- */

#if HS_WITH_LEVELS
/* `since_keyframe` is not used at these levels otherwise. As for keyframes, half a ring is the longest time between two. */
bool hs_level_regions_due(void)
{
    struct hs_trace *t = &hs_trace;
    bool due = t->config.level.level > HS_LEVEL_FULL && t->since_keyframe && t->since_keyframe >= t->shape.packet_count / 2;
    if (due)
        t->since_keyframe = 0;
    return due;
}
#endif

/* --- figures ----------------------------------------------------------------------------------------------- */

void hs_summary_begin(struct hs_summary_writer *w, const struct hs_summary_writer *place)
{
    memset(w, 0, sizeof *w);
    w->region = place->region;
    w->cause = place->cause;
    w->shift = place->shift;
}

void hs_summary_run(struct hs_summary_writer *w, uint32_t granules)
{
    uint32_t class = 0;
    for (uint32_t rest = granules; rest >>= 1;)
        class ++;
    w->runs[class < HS_RUN_CLASSES_MAX ? class : HS_RUN_CLASSES_MAX - 1]++;
    w->free += granules;
    if (granules > w->longest)
        w->longest = granules;
}

/* Runs of class c have at least 2^c granules. So a region of 2^28 granules has at most 2^28 / 2^c of them, and all counts
 * together take at most these bytes. */
_Static_assert(5 + 7 * 4 + 7 * 3 + 5 * 2 <= HS_DATA_MAX && HS_RUN_CLASSES_MAX == 20, "all classes fit a record");

void hs_summary_end(struct hs_summary_writer *w)
{
    uint8_t data[HS_RUN_CLASSES_MAX * HS_VARINT32_MAX], *to = data;
    uint32_t n = HS_RUN_CLASSES_MAX;
    while (n && !w->runs[n - 1])
        n--;
    for (uint32_t i = 0; i < n; i++)
        to = hs_put_u32(to, w->runs[i]);
    HS_ASSERT(to <= data + sizeof data && w->longest <= w->free);
    hs_record(&(struct hs_record){
        .kind = HS_SUMMARY,
        .summary =
            {
                .region = w->region,
                .cause = w->cause,
                .shift = w->shift,
                .used = w->used,
                .free = w->free,
                .longest = w->longest,
                .blocks = w->blocks,
                .runs = {data, (uint32_t)(to - data)},
            },
    });
}

/* --- sites that requested most ----------------------------------------------------------------------------- */

#if HS_WITH_LEVELS
/* The sites with most bytes, in descending order. */
struct top {
    struct hs_site_entry *site[HS_TOP_SITES];
    uint32_t n;
};

static void consider(struct top *top, struct hs_site_entry *site)
{
    uint32_t at = top->n;
    if (at < HS_TOP_SITES)
        top->n++;
    else if (site->bytes <= top->site[--at]->bytes)
        return;
    for (; at && top->site[at - 1]->bytes < site->bytes; at--)
        top->site[at] = top->site[at - 1];
    top->site[at] = site;
}

static void name(struct hs_site_entry *site, uint32_t times, uint32_t bytes)
{
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    hs_record_named(site, &(struct hs_record){.kind = HS_TOP, .top = {.times = times, .bytes = bytes}});
    hs_section_leave(lock);
}

/* Chooses the sites to name, and adds the counts of all sites to those of site 0. */
static void choose(struct top *top)
{
    struct hs_trace *t = &hs_trace;
    for (uint32_t i = 1; i < t->n_sites; i++) {
        struct hs_site_entry *site = &t->site[i];
        if (!site->times)
            continue;
        consider(top, site);
        t->other_times += (uint32_t)site->times;
        t->other_bytes += (uint32_t)site->bytes;
    }
}

void hs_level_top(void)
{
    struct hs_trace *t = &hs_trace;
    struct top top = {.n = 0};
    if (t->config.level.level != HS_LEVEL_SUMMARY)
        return;
    if (t->config.held)
        hs_level_tell_held();
    choose(&top);
    uint32_t worth = t->other_bytes >> 6; /* a site with less than 1/64 of all bytes is not worth a record */
    for (uint32_t i = 0; i < top.n && top.site[i]->bytes >= worth; i++) {
        struct hs_site_entry *site = top.site[i];
        t->other_times -= (uint32_t)site->times;
        t->other_bytes -= (uint32_t)site->bytes;
        name(site, (uint32_t)site->times, (uint32_t)site->bytes);
    }
    if (t->other_times)
        name(t->site, t->other_times, t->other_bytes);
    t->other_times = t->other_bytes = 0;
    for (uint32_t i = 1; i < t->n_sites; i++)
        t->site[i].times = t->site[i].bytes = 0;
}
#endif
