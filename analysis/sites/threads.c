/* SPDX-License-Identifier: MIT */
#include "analysis/sites/threads.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"

struct pair {
    uint32_t site, thread;
};

struct hs_threads {
    struct pair *pair;  /* `n`; 0 is none */
    uint32_t *slot;     /* open addressing; `n_slots` is a power of two, twice the room of `pair` */
    uint32_t n, room, n_slots;
    struct hs_event *event;
    long room_events;
};

static uint32_t *slot_of(struct hs_threads *t, struct pair pair)
{
    uint64_t key = (uint64_t)pair.thread << 32 | pair.site;
    uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 32) & (t->n_slots - 1);
    while (t->slot[at] && (t->pair[t->slot[at]].site != pair.site || t->pair[t->slot[at]].thread != pair.thread))
        at = (at + 1) & (t->n_slots - 1);
    return &t->slot[at];
}

static bool grow(struct hs_threads *t)
{
    uint32_t room = t->room ? 2 * t->room : 256;
    struct pair *pair = reallocarray(t->pair, room, sizeof *pair);
    if (pair)
        t->pair = pair;
    uint32_t *slot = calloc(2 * (size_t)room, sizeof *slot);
    if (!pair || !slot) {
        free(slot);
        return false;
    }
    free(t->slot);
    t->slot = slot;
    t->n_slots = 2 * room;
    t->room = room;
    for (uint32_t i = 1; i < t->n; i++)
        *slot_of(t, t->pair[i]) = i;
    return true;
}

static bool is_none(uint32_t site)
{
    return site == 0 || site == HS_SITE_UNKNOWN;
}

/* The pair's number, created if needed; 0 when out of memory. */
static uint32_t number_of(struct hs_threads *t, struct pair pair)
{
    uint32_t *slot = slot_of(t, pair);
    if (*slot)
        return *slot;
    if (t->n == t->room) {
        if (!grow(t))
            return 0;
        slot = slot_of(t, pair);
    }
    t->pair[t->n] = pair;
    return *slot = t->n++;
}

static bool make_room(struct hs_threads *t, long n)
{
    if (n <= t->room_events)
        return true;
    struct hs_event *event = reallocarray(t->event, (size_t)n, sizeof *event);
    if (!event)
        return false;
    t->event = event;
    t->room_events = n;
    return true;
}

const struct hs_event *hs_threads_split(struct hs_threads *t, const struct hs_event *events, long n)
{
    if (!make_room(t, n))
        return NULL;
    memcpy(t->event, events, (size_t)n * sizeof *events);
    for (long i = 0; i < n; i++) {
        struct hs_event *e = &t->event[i];
        if (is_none(e->site))
            continue;
        e->site = number_of(t, (struct pair){ e->site, e->thread });
        if (!e->site)
            return NULL;
    }
    return t->event;
}

uint32_t hs_threads_site(const struct hs_threads *t, uint32_t number)
{
    return is_none(number) || number >= t->n ? number : t->pair[number].site;
}

uint32_t hs_threads_thread(const struct hs_threads *t, uint32_t number)
{
    return is_none(number) || number >= t->n ? 0 : t->pair[number].thread;
}

struct hs_threads *hs_threads_new(void)
{
    struct hs_threads *t = calloc(1, sizeof *t);
    if (t)
        t->n = 1;
    if (t && grow(t))
        return t;
    hs_threads_free(t);
    return NULL;
}

void hs_threads_free(struct hs_threads *t)
{
    if (!t)
        return;
    free(t->pair);
    free(t->slot);
    free(t->event);
    free(t);
}
