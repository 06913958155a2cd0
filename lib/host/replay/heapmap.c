/* SPDX-License-Identifier: MIT
 *
 * MicroPython's rule, HS_PLACE_MICROPYTHON, is first fit: the areas in the order in which they were added, in each
 * area the lowest free run that is long enough. gc.c looks like next fit, but the start of its search
 * (gc_last_free_area, gc_last_free_atb_index) only skips granules that are all used:
 *
 *   - the index increases when a search for one granule ends there: all granules before it are used;
 *   - a free or resize before the index lowers it (gc_free, gc_realloc), and the end of a collection sets it
 *     to 0;
 *   - the area advances when a search for one granule found none before it, and returns to the first area when
 *     a granule becomes free in another area;
 *   - an area that is marked as full (at a quarter of its length, because a factor of 4 is missing) has no free granule.
 *
 * So these are not part of the state: a search from the first granule finds the same place, with
 * one area and with several, in builds with and without MICROPY_GC_SPLIT_HEAP, and a failed search changes
 * nothing. tests/unit/test_heapmap.c compares this with a transcription of gc.c.
 *
 * Hints make the map's search short: for each of some sizes, no free run of that size begins before the
 * hint. A free lowers the hints of the sizes that fit in the new free run; a search raises the hint of its
 * size. A hint of a smaller size is also valid for a larger one.
 */
#include "lib/host/replay/heapmap.h"

#include "lib/assertion.h"
#include "lib/host/util/array.h"

#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
/* The rare rest of a function that has a short way: it is called last, so that the short way saves no registers. */
#define RARE static __attribute__((noinline))
#define ALL (~(uint64_t)0)

/* --- size classes ------------------------------------------------------------------------------------- */

static const uint32_t class_size[HS_HEAPMAP_CLASSES] = {
    1,  2,  3,  4,  5,  6,   7,   8,   9,   10,  11,  12,   13,   14,   15,   16,    20,    24,    28,     32,
    40, 48, 56, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 262144, 1048576,
};

/* The largest class whose size is at most n. */
INLINE unsigned class_of(uint32_t n)
{
    if (n <= 16)
        return n - 1;
    unsigned c = 15;
    while (c + 1 < HS_HEAPMAP_CLASSES && class_size[c + 1] <= n)
        c++;
    return c;
}

INLINE int32_t search_from(const struct hs_map_area *a, unsigned class)
{
    int32_t from = a->hint[class];
    for (unsigned c = 0; c < class; c++)
        from = a->hint[c] > from ? a->hint[c] : from;
    return from;
}

/* A search for n granules that began at the hint of `class` found no free run that begins before `none_before`. */
INLINE void raise_hint(struct hs_map_area *a, unsigned class, uint32_t n, uint32_t none_before)
{
    if (class_size[class] != n)
        class ++;
    if (class < HS_HEAPMAP_CLASSES && a->hint[class] < (int32_t)none_before) {
        HS_ASSERT(class < HS_HEAPMAP_CLASSES && class_size[class] >= n);
        a->hint[class] = (int32_t)none_before;
    }
}

/* A free run of n granules begins at `at`. */
INLINE void lower_hints(struct hs_map_area *a, uint32_t at, uint32_t n)
{
    unsigned top = class_of(n);
    for (unsigned c = 0; c <= top; c++)
        a->hint[c] = a->hint[c] > (int32_t)at ? (int32_t)at : a->hint[c];
}

/* --- bits --------------------------------------------------------------------------------------------- */

INLINE uint64_t low_bits(uint32_t n) { return n < 64 ? ((uint64_t)1 << n) - 1 : ALL; }

static void set_long(uint64_t *bits, uint32_t at, uint32_t n)
{
    uint32_t word = at >> 6, bit = at & 63;
    bits[word] |= ALL << bit;
    for (n -= 64 - bit, word++; n >= 64; n -= 64)
        bits[word++] = ALL;
    bits[word] |= low_bits(n);
}

INLINE void set_bits(uint64_t *bits, uint32_t at, uint32_t n)
{
    if ((at & 63) + n <= 64)
        bits[at >> 6] |= low_bits(n) << (at & 63);
    else
        set_long(bits, at, n);
}

static void clear_long(uint64_t *bits, uint32_t at, uint32_t n)
{
    uint32_t word = at >> 6, bit = at & 63;
    bits[word] &= low_bits(bit);
    for (n -= 64 - bit, word++; n >= 64; n -= 64)
        bits[word++] = 0;
    bits[word] &= ~low_bits(n);
}

INLINE void clear_bits(uint64_t *bits, uint32_t at, uint32_t n)
{
    if ((at & 63) + n <= 64)
        bits[at >> 6] &= ~(low_bits(n) << (at & 63));
    else
        clear_long(bits, at, n);
}

INLINE bool is_head(const struct hs_map_area *a, uint32_t at)
{
    return a->used[at >> 6] >> (at & 63) & ~(a->tail[at >> 6] >> (at & 63)) & 1;
}

/* Number of ones from `at` on; the word after the region's last word ends them. */
INLINE uint32_t ones_at(const uint64_t *bits, uint32_t at)
{
    uint32_t word = at >> 6, bit = at & 63;
    uint64_t zeros = ~(bits[word] >> bit);
    uint32_t n = zeros ? (uint32_t)__builtin_ctzll(zeros) : 64;
    if (n < 64 - bit)
        return n;
    for (n = 64 - bit; bits[++word] == ALL;)
        n += 64;
    return n + (uint32_t)__builtin_ctzll(~bits[word]);
}

INLINE uint32_t block_granules(const struct hs_map_area *a, uint32_t head) { return 1 + ones_at(a->tail, head + 1); }

/* Free granules from `at` on; may stop counting at `enough`. */
INLINE uint32_t free_at(const struct hs_map_area *a, uint32_t at, uint32_t enough)
{
    uint32_t word = at >> 6, bit = at & 63;
    uint64_t used = a->used[word] >> bit;
    if (used)
        return (uint32_t)__builtin_ctzll(used);
    uint32_t n = 64 - bit;
    while (n < enough) {
        used = a->used[++word];
        if (used)
            return n + (uint32_t)__builtin_ctzll(used);
        n += 64;
    }
    return n;
}

/* Free granules before `at`; may stop counting at `enough`. */
INLINE uint32_t free_before(const struct hs_map_area *a, uint32_t at, uint32_t enough)
{
    uint32_t word = at >> 6, bit = at & 63, n = bit;
    if (bit) {
        uint64_t used = a->used[word] << (64 - bit);
        if (used)
            return (uint32_t)__builtin_clzll(used);
    }
    while (word && n < enough) {
        uint64_t used = a->used[--word];
        if (used)
            return n + (uint32_t)__builtin_clzll(used);
        n += 64;
    }
    return n;
}

INLINE void mark_block(struct hs_map_area *a, uint32_t at, uint32_t n)
{
    HS_ASSERT(n && at < a->granules && n <= a->granules - at);
    uint32_t bit = at & 63;
    if (bit + n <= 64) {
        uint64_t block = low_bits(n) << bit;
        a->used[at >> 6] |= block;
        a->tail[at >> 6] |= block & (block - 1);
        return;
    }
    set_long(a->used, at, n);
    set_bits(a->tail, at + 1, n - 1);
}

INLINE void erase_block(struct hs_map_area *a, uint32_t at, uint32_t n)
{
    clear_bits(a->used, at, n);
    if (n > 1)
        clear_bits(a->tail, at + 1, n - 1);
}

/* The free runs before and after a freed block are measured up to this length. If one is longer, the new run's size is
 * unknown, and all hints are lowered: a hint that is too low is only slower. */
#define FAR 1024u

/* [at, at + n) became free. The hints of sizes that fit in the free run before it are already at its
 * start or lower. Returns n. */
RARE uint32_t freed_by_rule(struct hs_map_area *a, uint32_t at, uint32_t n)
{
    uint32_t before = free_before(a, at, FAR);
    uint32_t behind = free_at(a, at + n, FAR);
    lower_hints(a, before < FAR ? at - before : 0, before < FAR && behind < FAR ? before + n + behind : UINT32_MAX);
    return n;
}

/* The same in any region. One without a rule is never searched. */
INLINE uint32_t freed(struct hs_map_area *a, uint32_t at, uint32_t n)
{
    return a->rule == HS_PLACE_EXPLICIT ? n : freed_by_rule(a, at, n);
}

/* --- search ------------------------------------------------------------------------------------------- */

#define NOWHERE UINT32_MAX

/* Bits at which n contiguous free granules begin; n is at most 64. */
INLINE uint64_t runs_of(uint64_t free, uint32_t n)
{
    uint32_t have = 1;
    for (; have * 2 <= n; have *= 2)
        free &= free >> have;
    return have < n ? free & free >> (n - have) : free;
}

static uint32_t find_short(const struct hs_map_area *a, uint32_t from, uint32_t n)
{
    uint32_t carry = 0; /* free granules at the end of the word before */
    uint64_t mask = ALL << (from & 63);
    for (uint32_t word = from >> 6; word < a->words; word++, mask = ALL) {
        uint64_t free = ~a->used[word] & mask;
        if (free == ALL) {
            if (carry + 64 >= n)
                return (word << 6) - carry;
            carry += 64;
            continue;
        }
        if (carry && carry + (uint32_t)__builtin_ctzll(~free) >= n)
            return (word << 6) - carry;
        uint64_t runs = runs_of(free, n);
        if (runs)
            return word << 6 | (uint32_t)__builtin_ctzll(runs);
        carry = (uint32_t)__builtin_clzll(~free);
    }
    return NOWHERE;
}

static uint32_t find_long(const struct hs_map_area *a, uint32_t from, uint32_t n)
{
    uint32_t carry = 0;
    uint64_t mask = ALL << (from & 63);
    for (uint32_t word = from >> 6; word < a->words; word++, mask = ALL) {
        uint64_t used = a->used[word] | ~mask;
        uint32_t more = used ? (uint32_t)__builtin_ctzll(used) : 64;
        if (carry + more >= n)
            return (word << 6) - carry;
        carry = used ? (uint32_t)__builtin_clzll(used) : carry + 64;
    }
    return NOWHERE;
}

/* Allocates the first free granule in the region: what most blocks of MicroPython need. */
INLINE uint32_t take_one(struct hs_map_area *a)
{
    uint32_t from = (uint32_t)a->hint[0], word = from >> 6;
    if (from >= a->granules)
        return NOWHERE;
    uint64_t free = ~a->used[word] & ALL << (from & 63);
    while (!free && ++word < a->words)
        free = ~a->used[word];
    uint32_t at = free ? word << 6 | (uint32_t)__builtin_ctzll(free) : NOWHERE;
    a->used[word] |= free & -free;
    a->hint[0] = (int32_t)(free ? at + 1 : a->granules);
    return at;
}

/* The same for n granules. */
INLINE uint32_t take(struct hs_map_area *a, uint32_t n)
{
    unsigned class = class_of(n);
    uint32_t from = (uint32_t)search_from(a, class);
    if (from >= a->granules)
        return NOWHERE;
    uint32_t at = n <= 64 ? find_short(a, from, n) : find_long(a, from, n);
    if (at == NOWHERE) {
        raise_hint(a, class, n, a->granules);
        return NOWHERE;
    }
    mark_block(a, at, n);
    raise_hint(a, class, n, at + n);
    return at;
}

/* --- regions ------------------------------------------------------------------------------------------ */

static struct hs_map_area *find_area(struct hs_heapmap *map, uint32_t pos)
{
    for (unsigned i = 0; i < map->n_ascending; i++) {
        struct hs_map_area *a = map->area[map->ascending[i]];
        if (pos - a->first < a->granules)
            return map->last = a;
    }
    return NULL;
}

INLINE struct hs_map_area *area_of(struct hs_heapmap *map, uint32_t pos)
{
    struct hs_map_area *a = map->last;
    return a && pos - a->first < a->granules ? a : find_area(map, pos);
}

struct hs_map_area *hs_heapmap_area(struct hs_heapmap *map, uint32_t pos) { return area_of(map, pos); }

/* Marks the bits after the last granule as used. */
static void fence(struct hs_map_area *a)
{
    a->used[a->words] = ALL;
    if (a->granules & 63)
        a->used[a->words - 1] |= ALL << (a->granules & 63);
}

static void empty_area(struct hs_map_area *a)
{
    memset(a->used, 0, a->words * sizeof *a->used);
    memset(a->tail, 0, a->words * sizeof *a->tail);
    memset(a->hint, 0, sizeof a->hint);
    fence(a);
}

static unsigned without(uint8_t *list, unsigned n, uint8_t number)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < n; i++)
        if (list[i] != number)
            list[kept++] = list[i];
    return kept;
}

void hs_heapmap_remove(struct hs_heapmap *map, uint8_t number)
{
    struct hs_map_area *a = map->area[number];
    if (!a || !a->present)
        return;
    a->present = 0;
    map->granules -= a->granules;
    map->n_turn = (uint8_t)without(map->turn, map->n_turn, number);
    map->n_ascending = without(map->ascending, map->n_ascending, number);
    free(a->used);
    a->used = a->tail = NULL;
    map->last = NULL;
}

void hs_heapmap_clear(struct hs_heapmap *map)
{
    while (map->n_ascending)
        hs_heapmap_remove(map, map->ascending[0]);
}

void hs_heapmap_close(struct hs_heapmap *map)
{
    hs_heapmap_clear(map);
    for (unsigned i = 0; i < 256; i++)
        free(map->area[i]);
    free(map->scratch[0]);
    free(map->scratch[1]);
    memset(map, 0, sizeof *map);
}

void hs_heapmap_empty(struct hs_heapmap *map)
{
    for (unsigned i = 0; i < map->n_ascending; i++)
        empty_area(map->area[map->ascending[i]]);
}

/* The region's index in ascending order, or HS_ERR_ARG when it overlaps another region. */
static int rank_in_order(const struct hs_heapmap *map, const struct hs_area_config *c)
{
    int rank = 0;
    for (unsigned i = 0; i < map->n_ascending; i++) {
        const struct hs_map_area *a = map->area[map->ascending[i]];
        if (a->first < c->first + c->granules && c->first < a->first + a->granules)
            return HS_ERR_ARG;
        rank += a->first < c->first;
    }
    return rank;
}

static int make_area(struct hs_heapmap *map, const struct hs_area_config *c)
{
    struct hs_map_area *a = map->area[c->number];
    if (!a && !(a = map->area[c->number] = calloc(1, sizeof *a)))
        return HS_ERR_MEMORY;
    uint32_t words = (c->granules + 63) / 64;
    uint64_t *bits = calloc(2 * ((size_t)words + 1), sizeof *bits);
    if (!bits)
        return HS_ERR_MEMORY;
    *a = (struct hs_map_area){.used = bits,
                              .tail = bits + words + 1,
                              .first = c->first,
                              .granules = c->granules,
                              .words = words,
                              .number = c->number,
                              .rule = c->rule,
                              .present = 1};
    fence(a);
    return HS_OK;
}

static bool is_ascending(const struct hs_heapmap *map)
{
    for (unsigned i = 1; i < map->n_ascending; i++) {
        const struct hs_map_area *before = map->area[map->ascending[i - 1]];
        if (before->first + before->granules > map->area[map->ascending[i]]->first)
            return false;
    }
    return true;
}

int hs_heapmap_add(struct hs_heapmap *map, const struct hs_area_config *config)
{
    hs_heapmap_remove(map, config->number);
    if (!config->granules || (uint64_t)config->first + config->granules > UINT32_MAX)
        return HS_ERR_ARG;
    if (map->granules + config->granules > HS_HEAPMAP_GRANULES || config->first + config->granules > 2 * HS_HEAPMAP_GRANULES ||
        map->n_ascending == 255)
        return HS_ERR_FULL;
    int rank = rank_in_order(map, config);
    int err = rank < 0 ? rank : make_area(map, config);
    if (err)
        return err;
    memmove(map->ascending + rank + 1, map->ascending + rank, map->n_ascending - (unsigned)rank);
    map->ascending[rank] = config->number;
    map->n_ascending++;
    map->granules += config->granules;
    HS_ASSERT(is_ascending(map));
    if (config->rule != HS_PLACE_EXPLICIT)
        map->turn[map->n_turn++] = config->number;
    return HS_OK;
}

/* --- blocks ------------------------------------------------------------------------------------------- */

uint32_t hs_heapmap_length(struct hs_heapmap *map, uint32_t pos)
{
    const struct hs_map_area *a = area_of(map, pos);
    return a && is_head(a, pos - a->first) ? block_granules(a, pos - a->first) : 0;
}

RARE uint32_t alloc_run(struct hs_heapmap *map, uint32_t granules)
{
    for (unsigned i = 0; i < map->n_turn; i++) {
        struct hs_map_area *a = map->area[map->turn[i]];
        uint32_t at = take(a, granules);
        if (at != NOWHERE) {
            map->last = a;
            return a->first + at;
        }
    }
    return HS_POS_IMPLIED;
}

RARE uint32_t alloc_anywhere(struct hs_heapmap *map, uint32_t granules)
{
    if (granules != 1)
        return alloc_run(map, granules);
    for (unsigned i = 0; i < map->n_turn; i++) {
        struct hs_map_area *a = map->area[map->turn[i]];
        uint32_t at = take_one(a);
        if (at != NOWHERE) {
            map->last = a;
            return a->first + at;
        }
    }
    return HS_POS_IMPLIED;
}

uint32_t hs_heapmap_alloc(struct hs_heapmap *map, uint32_t granules)
{
    if (granules != 1 || !map->n_turn)
        return alloc_anywhere(map, granules);
    struct hs_map_area *a = map->area[map->turn[0]];
    uint32_t from = (uint32_t)a->hint[0], word = from >> 6;
    uint64_t free = from < a->granules ? ~a->used[word] & ALL << (from & 63) : 0;
    if (!free)
        return alloc_anywhere(map, granules);
    uint32_t at = word << 6 | (uint32_t)__builtin_ctzll(free);
    a->used[word] |= free & -free;
    a->hint[0] = (int32_t)(at + 1);
    map->last = a;
    return a->first + at;
}

RARE uint32_t free_anywhere(struct hs_heapmap *map, uint32_t pos)
{
    struct hs_map_area *a = area_of(map, pos);
    if (!a || !is_head(a, pos - a->first))
        return 0;
    uint32_t at = pos - a->first, n = block_granules(a, at);
    erase_block(a, at, n);
    return freed(a, at, n);
}

uint32_t hs_heapmap_free(struct hs_heapmap *map, uint32_t pos)
{
    struct hs_map_area *a = map->last;
    if (!a || pos - a->first >= a->granules)
        return free_anywhere(map, pos);
    uint32_t at = pos - a->first, word = at >> 6, bit = at & 63;
    uint64_t used = a->used[word], tail = a->tail[word];
    if (!((used & ~tail) >> bit & 1))
        return 0;
    uint32_t n = 1 + (uint32_t)__builtin_ctzll(~(tail >> bit >> 1)); /* in this word */
    if (bit + n >= 64)
        return free_anywhere(map, pos);
    uint64_t block = low_bits(n) << bit;
    a->used[word] = used & ~block;
    a->tail[word] = tail & ~block;
    return freed(a, at, n);
}

struct hs_resized hs_heapmap_resize(struct hs_heapmap *map, const struct hs_resize *resize)
{
    struct hs_map_area *a = area_of(map, resize->old);
    if (!a || !is_head(a, resize->old - a->first))
        return (struct hs_resized){HS_POS_IMPLIED, 0};
    uint32_t at = resize->old - a->first, n = block_granules(a, at), want = resize->granules;
    if (want == n)
        return (struct hs_resized){resize->old, n};
    if (want < n) {
        clear_bits(a->used, at + want, n - want);
        clear_bits(a->tail, at + want, n - want);
        freed(a, at + want, n - want);
        return (struct hs_resized){resize->old, n};
    }
    if (!resize->collected && free_at(a, at + n, want - n) >= want - n) {
        set_bits(a->used, at + n, want - n);
        set_bits(a->tail, at + n, want - n);
        return (struct hs_resized){resize->old, n};
    }
    uint32_t pos = hs_heapmap_alloc(map, want);
    if (pos != HS_POS_IMPLIED) {
        erase_block(a, at, n);
        freed(a, at, n);
    }
    return (struct hs_resized){pos, n};
}

/* Head of the block that contains granule `at`. */
static uint32_t head_of(const struct hs_map_area *a, uint32_t at)
{
    while (at && a->tail[at >> 6] >> (at & 63) & 1)
        at--;
    return at;
}

/* Removes the blocks in [at, end). Returns their number. */
RARE int remove_blocks(struct hs_map_area *a, uint32_t at, uint32_t end)
{
    int gone = 0;
    for (uint32_t i = at, next; (next = i + free_at(a, i, end - i)) < end; gone++) {
        uint32_t head = head_of(a, next), n = block_granules(a, head);
        clear_bits(a->used, head, n);
        clear_bits(a->tail, head, n);
        freed(a, head, n);
        i = head > at ? head : at;
    }
    return gone;
}

RARE int place_anywhere(struct hs_heapmap *map, struct hs_extent block)
{
    struct hs_map_area *a = area_of(map, block.pos);
    if (!a || !block.granules || block.granules > a->granules - (block.pos - a->first))
        return HS_ERR_ARG;
    uint32_t at = block.pos - a->first;
    int gone = remove_blocks(a, at, at + block.granules);
    mark_block(a, at, block.granules);
    return gone;
}

int hs_heapmap_place(struct hs_heapmap *map, struct hs_extent block)
{
    struct hs_map_area *a = map->last;
    if (!a || block.pos - a->first >= a->granules)
        return place_anywhere(map, block);
    uint32_t at = block.pos - a->first, n = block.granules, word = at >> 6, bit = at & 63;
    if (n - 1 >= 64 - bit || n > a->granules - at)
        return place_anywhere(map, block);
    uint64_t all = ALL >> (64 - n) << bit;
    if (a->used[word] & all)
        return place_anywhere(map, block);
    a->used[word] |= all;
    a->tail[word] |= all & (all - 1); /* without the head */
    return 0;
}

/* --- sweep -------------------------------------------------------------------------------------------- */

/* Heads in the current word of the current area. */
INLINE uint64_t load_heads(const struct hs_walk *s)
{
    uint64_t heads = s->area->used[s->word] & ~s->area->tail[s->word];
    return s->word + 1 == s->words ? heads & low_bits(s->last_bits) : heads;
}

/* Moves to the next area in the interval. */
static bool next_area(struct hs_walk *s, uint32_t pos)
{
    while (s->next < s->map->n_ascending) {
        struct hs_map_area *a = s->map->area[s->map->ascending[s->next++]];
        if (a->first + a->granules <= pos || a->first >= s->end)
            continue;
        uint32_t from = pos > a->first ? pos - a->first : 0;
        uint32_t to = s->end - a->first < a->granules ? s->end - a->first : a->granules;
        s->area = a;
        s->word = from >> 6;
        s->words = (to + 63) >> 6;
        s->last_bits = to - ((s->words - 1) << 6);
        s->heads = load_heads(s) & ALL << (from & 63);
        return true;
    }
    s->area = NULL;
    s->heads = 0;
    return false;
}

/* Moves to the next word with heads, unless `heads` has some; false at the end of the interval. */
INLINE bool some_heads(struct hs_walk *s)
{
    while (!s->heads) {
        if (!s->area)
            return false;
        if (++s->word < s->words)
            s->heads = load_heads(s);
        else
            next_area(s, 0);
    }
    return true;
}

void hs_walk_start(struct hs_walk *sweep, struct hs_heapmap *map, struct hs_extent interval)
{
    *sweep = (struct hs_walk){.map = map, .end = interval.pos + interval.granules};
    if (sweep->end < interval.pos)
        sweep->end = UINT32_MAX;
    next_area(sweep, interval.pos);
}

/* So many heads are passed one by one sooner than a word's heads are counted. */
#define FEW 8u

int hs_walk_keep(struct hs_walk *s, uint32_t n)
{
    while (n) {
        if (!some_heads(s))
            return HS_ERR_CHECK;
        uint32_t there = n < FEW ? 64 : (uint32_t)__builtin_popcountll(s->heads);
        if (there <= n) {
            n -= there;
            s->heads = 0;
            continue;
        }
        for (; n && s->heads; n--)
            s->heads &= s->heads - 1;
    }
    return HS_OK;
}

/* Frees up to `n` of the heads in the current word, which has some, and writes their granules to `freed`. Returns their number.
 * In the word these blocks are the used granules from the first head up to the next that stays. */
INLINE uint32_t drop_in_word(struct hs_walk *s, uint32_t n, uint32_t *freed)
{
    struct hs_map_area *a = s->area;
    uint32_t first = a->first + (s->word << 6), behind = (s->word + 1) << 6;
    uint64_t *used = &a->used[s->word], *tail = &a->tail[s->word];
    uint64_t heads = s->heads, from = heads & -heads, last = 0;
    uint32_t dropped = 0;
    for (; heads && dropped < n; dropped++) {
        freed[dropped] = first + (uint32_t)__builtin_ctzll(heads);
        last = heads;
        heads &= heads - 1;
    }
    last &= -last;
    uint64_t stay = *used & ~*tail & ~(last | (last - 1));
    uint64_t gone = *used & ~(from - 1) & ((stay & -stay) - 1);
    *used &= ~gone;
    *tail &= ~gone;
    s->heads = heads;
    uint32_t more = gone >> 63 ? ones_at(a->tail, behind) : 0; /* granules of the last block in the words after it */
    if (more) {
        clear_bits(a->used, behind, more);
        clear_bits(a->tail, behind, more);
    }
    return dropped;
}

int hs_walk_drop(struct hs_walk *s, uint32_t n, struct hs_numbers *freed)
{
    while (n) {
        if (!some_heads(s))
            return HS_ERR_CHECK;
        uint32_t most = n < 64 ? n : 64;
        if (!hs_array_reserve(freed->item, freed->room, (size_t)freed->n + most))
            return HS_ERR_MEMORY;
        uint32_t now = drop_in_word(s, most, freed->item + freed->n);
        freed->n += now;
        n -= now;
    }
    return HS_OK;
}

uint32_t hs_heapmap_heads(struct hs_heapmap *map, struct hs_extent interval)
{
    struct hs_walk s;
    uint32_t n = 0;
    for (hs_walk_start(&s, map, interval); some_heads(&s); s.heads = 0)
        n += (uint32_t)__builtin_popcountll(s.heads);
    return n;
}

/* In each area, lowers all hints to the start of the free run that contains the first freed block. */
void hs_walk_end(struct hs_heapmap *map, const struct hs_numbers *freed, uint32_t from)
{
    const struct hs_map_area *done = NULL;
    for (uint32_t i = from; i < freed->n; i++) {
        if (done && freed->item[i] - done->first < done->granules)
            continue;
        struct hs_map_area *a = area_of(map, freed->item[i]);
        uint32_t at = freed->item[i] - a->first;
        lower_hints(a, at - free_before(a, at, UINT32_MAX), UINT32_MAX);
        done = a;
    }
}

int hs_heapmap_sweep(struct hs_heapmap *map, const struct hs_record *record, struct hs_numbers *freed)
{
    struct hs_extent interval = {record->sweep.pos, record->sweep.end - record->sweep.pos};
    struct hs_runs runs;
    struct hs_walk sweep;
    uint32_t length, first = freed->n;
    int kind = HS_ERR_CHECK;
    if (record->sweep.end < record->sweep.pos || hs_heapmap_heads(map, interval) != record->sweep.heads)
        return HS_ERR_CHECK;
    hs_runs_init(&runs, record);
    hs_walk_start(&sweep, map, interval);
    while ((kind = hs_runs_sweep(&runs, &length)) > 0) {
        int err = kind == HS_RUN_KEPT ? hs_walk_keep(&sweep, length) : hs_walk_drop(&sweep, length, freed);
        if (err) {
            kind = err;
            break;
        }
    }
    hs_walk_end(map, freed, first);
    return kind;
}

/* --- snapshot ----------------------------------------------------------------------------------------- */

static int make_scratch(struct hs_heapmap *map, uint32_t words)
{
    for (unsigned i = 0; i < 2; i++) {
        if (!hs_array_reserve(map->scratch[i], map->scratch_words[i], words))
            return HS_ERR_MEMORY;
        memset(map->scratch[i], 0, words * sizeof(uint64_t));
    }
    return HS_OK;
}

/* Sets the bits of the record's blocks in the scratch bitmaps, from bit `at` on. */
static int draw(struct hs_heapmap *map, const struct hs_record *record, uint32_t at)
{
    struct hs_runs runs;
    uint32_t length, end = at + (record->snapshot.end - record->snapshot.pos);
    int kind;
    hs_runs_init(&runs, record);
    while ((kind = hs_runs_snapshot(&runs, &length)) > 0) {
        if (!length || length > end - at)
            return HS_ERR_FORMAT;
        if (kind == HS_RUN_BLOCK) {
            set_bits(map->scratch[0], at, length);
            if (length > 1)
                set_bits(map->scratch[1], at + 1, length - 1);
        }
        at += length;
    }
    return kind < 0 ? kind : at == end ? HS_OK : HS_ERR_FORMAT;
}

/* Copies the bits in `range`, counted from the first word; returns whether any differed. */
static bool copy_bits(uint64_t *into, const uint64_t *bits, struct hs_extent range)
{
    uint32_t words = (range.pos + range.granules + 63) >> 6;
    uint64_t differ = 0;
    for (uint32_t w = 0; w < words; w++) {
        uint64_t mask = ALL;
        if (w == 0)
            mask &= ALL << range.pos;
        if (w + 1 == words)
            mask &= low_bits(range.pos + range.granules - (w << 6));
        uint64_t change = (into[w] ^ bits[w]) & mask;
        differ |= change;
        into[w] ^= change;
    }
    return differ != 0;
}

int hs_heapmap_snapshot(struct hs_heapmap *map, const struct hs_record *record)
{
    uint32_t n = record->snapshot.end - record->snapshot.pos;
    struct hs_map_area *a = area_of(map, record->snapshot.pos);
    if (record->snapshot.end < record->snapshot.pos || !a || n > a->granules - (record->snapshot.pos - a->first))
        return HS_ERR_ARG;
    uint32_t at = record->snapshot.pos - a->first, word = at >> 6;
    struct hs_extent range = {at & 63, n};
    int err = make_scratch(map, (uint32_t)(((uint64_t)range.pos + n + 63) >> 6) + 1);
    if (!err)
        err = draw(map, record, range.pos);
    if (err || !n)
        return err;
    bool differs = copy_bits(a->used + word, map->scratch[0], range);
    differs |= copy_bits(a->tail + word, map->scratch[1], range);
    if (differs)
        memset(a->hint, 0, sizeof a->hint);
    return differs;
}

/* --- all blocks --------------------------------------------------------------------------------------- */

long hs_heapmap_blocks(struct hs_heapmap *map, struct hs_extent **blocks, uint32_t *room)
{
    struct hs_extent everything = {0, UINT32_MAX};
    struct hs_walk s;
    uint32_t n = 0, heads = hs_heapmap_heads(map, everything);
    if (!hs_array_reserve(*blocks, *room, heads + (size_t)1))
        return HS_ERR_MEMORY;
    for (hs_walk_start(&s, map, everything); some_heads(&s); s.heads &= s.heads - 1) {
        uint32_t at = s.word << 6 | (uint32_t)__builtin_ctzll(s.heads);
        (*blocks)[n++] = (struct hs_extent){s.area->first + at, block_granules(s.area, at)};
    }
    HS_ASSERT(n == heads);
    return n;
}
