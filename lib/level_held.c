/* SPDX-License-Identifier: MIT
 *
 * Level "summary" with hs_config.held: HELD records of the live blocks that were allocated at this level. Freed blocks take no
 * bytes in the ring, so even a ring of 4 KB shows after hours which sites have lost memory.
 */
#include "lib/level.h"
#include "lib/section.h"
#include "lib/trace.h"

#if HS_WITH_LEVELS
void hs_level_hold(HS_KEY_PARAMETERS, uint32_t pos, uint32_t size)
{
    struct hs_trace *t = &hs_trace;
    uint32_t at;
    if (!t->config.held)
        return;
    if (!hs_level_follow(pos + 1, &at)) {
        t->unfollowed++;
        t->unheld_bytes += size;
        return;
    }
    t->config.held[at] = (struct hs_held){.key = HS_KEY, .size = size, .thread = hs_level_thread, .since = t->summaries};
}

/* 2^`held_step` values of `since` are combined into one, so that there are not too many rows. */
static uint32_t step_of(uint32_t since) { return since >> hs_trace.held_step; }

static bool is_same(const struct hs_held *a, const struct hs_held *b)
{
#if HS_STACKS
    if (a->key.context != b->key.context)
        return false;
#endif
    return a->key.code == b->key.code && a->key.caller == b->key.caller && a->thread == b->thread &&
           step_of(a->since) == step_of(b->since);
}

/* Adds up the blocks with the site, thread and step of entry `from`, and marks them as written. */
static struct hs_record sum_of(uint32_t from)
{
    const struct hs_trace *t = &hs_trace;
    struct hs_held *held = t->config.held;
    struct hs_record sum = {.kind = HS_HELD,
                            .held = {.thread = held[from].thread, .since = step_of(held[from].since) << t->held_step}};
    for (uint32_t at = from; at < t->config.n_followed; at++) {
        if (!t->config.followed[at] || held[at].told || !is_same(&held[at], &held[from]))
            continue;
        sum.held.blocks++;
        sum.held.bytes += held[at].size;
        held[at].told = true;
    }
    return sum;
}

static void tell_nothing(void)
{
    for (uint32_t at = 0; at < hs_trace.config.n_followed; at++)
        hs_trace.config.held[at].told = false;
}

/* The first entry from `at` on that is not marked as written; n_followed: there is none. */
static uint32_t next_row(uint32_t at)
{
    const struct hs_trace *t = &hs_trace;
    while (at < t->config.n_followed && (!t->config.followed[at] || t->config.held[at].told))
        at++;
    return at;
}

/* The most rows of a summary, so that a small ring has several summaries. The blocks of further rows are added up in one. */
#define ROWS_MOST 32u

static bool are_few(void)
{
    uint32_t rows = 0;
    tell_nothing();
    for (uint32_t at = next_row(0); at < hs_trace.config.n_followed && rows <= ROWS_MOST; at = next_row(at)) {
        (void)sum_of(at);
        rows++;
    }
    return rows <= ROWS_MOST;
}

void hs_level_tell_held(void)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock;
    if (!hs_section_enter(&lock))
        return;
    struct hs_record others = {.kind = HS_HELD,
                               .held = {.blocks = t->unfollowed, .bytes = t->unheld_bytes, .since = t->summaries}};
    for (t->held_step = 0; t->held_step < 16 && !are_few(); t->held_step++)
        ;
    tell_nothing();
    uint32_t rows = 0;
    for (uint32_t at = next_row(0); at < t->config.n_followed; at = next_row(at)) {
        struct hs_key key = t->config.held[at].key;
        struct hs_record sum = sum_of(at);
        struct hs_site_entry *site = rows++ < ROWS_MOST ? hs_site_find(HS_KEY_ARGUMENTS(key), HS_ALLOC, 0) : t->site;
        if (site != t->site)
            hs_record_named(site, &sum);
        if (site == t->site || !sum.any.site) {
            others.held.blocks += sum.held.blocks;
            others.held.bytes += sum.held.bytes;
        }
    }
    others.held.thread = t->held_step;
    hs_record_named(t->site, &others);
    t->summaries += t->summaries < UINT16_MAX;
    hs_section_leave(lock);
}
#endif
