/* SPDX-License-Identifier: MIT
 *
 * A map from keys to numbers. The user stores the keys, mostly as items of an array, and the numbers are their indices. The
 * map has only the hash of each key. So it has no pointers that are invalid after an array grows, and it needs no
 * comparison function: the user compares the items that a search proposes:
 *
 *     struct hs_map_search search = hs_map_search(&map, hs_hash_text(name));
 *     while (hs_map_next(&map, &search))
 *         if (!strcmp(item[search.number].name, name))
 *             return search.number;
 *
 * A zeroed map is empty. Numbers are at most HS_MAP_MOST. Open addressing, at most half full: a search seldom proposes
 * a wrong item. Two known libraries do not fit: uthash links items by pointers, which are invalid
 * after a growing array has moved, and stb_ds does not report that it is out of memory.
 */
#ifndef HS_UTIL_MAP_H
#define HS_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_MAP_MOST (UINT32_MAX - 1)

struct hs_map_slot {
    uint32_t hash;   /* mixed: hs_map_mix */
    uint32_t number; /* plus 1; 0: the slot is empty */
};

struct hs_map {
    struct hs_map_slot *slot;
    uint32_t n_slots; /* a power of two, or 0 */
    uint32_t n;       /* keys */
};

struct hs_map_search {
    uint32_t hash, at;
    uint32_t number; /* proposed by hs_map_next */
};

/* Adds a number under a hash, even if the same pair exists. False: out of memory, and nothing has changed. */
bool hs_map_add(struct hs_map *map, uint64_t hash, uint32_t number);

/* Removes the number that the search proposed last. The search must not continue. */
void hs_map_remove(struct hs_map *map, const struct hs_map_search *search);

/* Changes the number that the search proposed last: its item has moved. */
void hs_map_renumber(struct hs_map *map, const struct hs_map_search *search, uint32_t number);

/* Removes all keys, and keeps the memory. */
void hs_map_clear(struct hs_map *map);

/* Frees the memory. The map is then empty and can be used again. */
void hs_map_free(struct hs_map *map);

/* ---- hashes ---- */

#define HS_HASH_START UINT64_C(0xcbf29ce484222325)

/* A hash of several parts: start with HS_HASH_START and add each part. */
static inline uint64_t hs_hash_add(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Adds a text with its end, so that "ab", "c" and "a", "bc" differ. */
uint64_t hs_hash_add_text(uint64_t hash, const char *text);

static inline uint64_t hs_hash_text(const char *text) { return hs_hash_add_text(HS_HASH_START, text); }
static inline uint64_t hs_hash_u64(uint64_t value) { return hs_hash_add(HS_HASH_START, value); }

/* ---- searching ---- */

/* Mixes the hash again, because users also pass plain numbers, addresses and multiples of a page. */
static inline uint32_t hs_map_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32 ^ hash >> 47);
}

static inline struct hs_map_search hs_map_search(const struct hs_map *map, uint64_t hash)
{
    uint32_t mixed = hs_map_mix(hash);
    return (struct hs_map_search){.hash = mixed, .at = mixed & (map->n_slots - 1)};
}

/* Proposes the next number that was added under the hash. False: there is none. The map must not change meanwhile. */
static inline bool hs_map_next(const struct hs_map *map, struct hs_map_search *search)
{
    for (; map->n_slots && map->slot[search->at].number; search->at = (search->at + 1) & (map->n_slots - 1))
        if (map->slot[search->at].hash == search->hash) {
            search->number = map->slot[search->at].number - 1;
            search->at = (search->at + 1) & (map->n_slots - 1);
            return true;
        }
    return false;
}

#endif
