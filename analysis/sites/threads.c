/* SPDX-License-Identifier: MIT */
#include "analysis/sites/threads.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/model/model.h"
#include "lib/host/util/array.h"
#include "lib/host/util/map.h"

struct pair {
    uint32_t site, thread;
};

struct hs_threads {
    struct pair *pair; /* `n`; 0 is none */
    struct hs_map map; /* index of pairs */
    uint32_t n, room;
    struct hs_event *event;
    size_t room_events;
};

static bool is_none(uint32_t site) { return site == 0 || site == HS_SITE_UNKNOWN; }

/* The pair's number, created if needed; 0 when out of memory. */
static uint32_t number_of(struct hs_threads *t, struct pair pair)
{
    uint64_t hash = hs_hash_u64((uint64_t)pair.thread << 32 | pair.site);
    struct hs_map_search search = hs_map_search(&t->map, hash);
    while (hs_map_next(&t->map, &search))
        if (t->pair[search.number].site == pair.site && t->pair[search.number].thread == pair.thread)
            return search.number;
    if (!hs_array_more(t->pair, t->n, t->room) || !hs_map_add(&t->map, hash, t->n))
        return 0;
    t->pair[t->n] = pair;
    return t->n++;
}

const struct hs_event *hs_threads_split(struct hs_threads *t, const struct hs_event *events, long n)
{
    if (!hs_array_reserve(t->event, t->room_events, (size_t)n))
        return NULL;
    memcpy(t->event, events, (size_t)n * sizeof *events);
    for (long i = 0; i < n; i++) {
        struct hs_event *e = &t->event[i];
        if (is_none(e->site))
            continue;
        e->site = number_of(t, (struct pair){e->site, e->thread});
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
    if (t && hs_array_reserve(t->pair, t->room, 1))
        return t;
    hs_threads_free(t);
    return NULL;
}

void hs_threads_free(struct hs_threads *t)
{
    if (!t)
        return;
    free(t->pair);
    hs_map_free(&t->map);
    free(t->event);
    free(t);
}
