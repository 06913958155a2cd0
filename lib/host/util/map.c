/* SPDX-License-Identifier: MIT */
#include "lib/host/util/map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"

#define FIRST_SLOTS 64u
#define MOST_SLOTS (1u << 31)

static void put(struct hs_map *map, struct hs_map_slot slot)
{
    uint32_t last = map->n_slots - 1, at = slot.hash & last;
    while (map->slot[at].number)
        at = (at + 1) & last;
    map->slot[at] = slot;
}

static bool grow(struct hs_map *map)
{
    struct hs_map more = {.n_slots = map->n_slots ? 2 * map->n_slots : FIRST_SLOTS, .n = map->n};
    more.slot = map->n_slots < MOST_SLOTS ? calloc(more.n_slots, sizeof *more.slot) : NULL;
    if (!more.slot)
        return false;
    for (uint32_t i = 0; i < map->n_slots; i++)
        if (map->slot[i].number)
            put(&more, map->slot[i]);
    free(map->slot);
    *map = more;
    return true;
}

bool hs_map_add(struct hs_map *map, uint64_t hash, uint32_t number)
{
    HS_ASSERT(number <= HS_MAP_MOST);
    if (map->n >= map->n_slots / 2 && !grow(map))
        return false;
    put(map, (struct hs_map_slot){hs_map_mix(hash), number + 1});
    map->n++;
    return true;
}

/* The slot that the search proposed last. */
static uint32_t proposed(const struct hs_map *map, const struct hs_map_search *search)
{
    uint32_t at = (search->at - 1) & (map->n_slots - 1);
    HS_ASSERT(map->n && map->slot[at].hash == search->hash && map->slot[at].number == search->number + 1);
    return at;
}

void hs_map_renumber(struct hs_map *map, const struct hs_map_search *search, uint32_t number)
{
    HS_ASSERT(number <= HS_MAP_MOST);
    map->slot[proposed(map, search)].number = number + 1;
}

/* Moves later slots to the empty slot, unless a slot would then be before its home. */
void hs_map_remove(struct hs_map *map, const struct hs_map_search *search)
{
    uint32_t last = map->n_slots - 1, hole = proposed(map, search);
    for (uint32_t at = (hole + 1) & last; map->slot[at].number; at = (at + 1) & last)
        if (((at - map->slot[at].hash) & last) >= ((at - hole) & last)) {
            map->slot[hole] = map->slot[at];
            hole = at;
        }
    map->slot[hole] = (struct hs_map_slot){0};
    map->n--;
}

void hs_map_clear(struct hs_map *map)
{
    if (map->n)
        memset(map->slot, 0, map->n_slots * sizeof *map->slot);
    map->n = 0;
}

void hs_map_free(struct hs_map *map)
{
    free(map->slot);
    *map = (struct hs_map){0};
}

uint64_t hs_hash_add_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hs_hash_add(hash, 0xff);
}
