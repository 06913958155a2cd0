/* SPDX-License-Identifier: MIT
 *
 * Small blocks are stored as pages, in one bitmap for each 2 MB that contain any. Large blocks at addresses like those of
 * mapped blocks are few, and stored one by one.
 */
#include "analysis/import/arena_map.h"

#include <stdlib.h>
#include <string.h>

#include "lib/assertion.h"
#include "lib/host/util/array.h"
#include "lib/host/util/map.h"
#include "lib/record.h"

#define PAGE_SHIFT 12
#define PAGE (UINT64_C(1) << PAGE_SHIFT)
#define CHUNK_SHIFT 21
#define CHUNK_PAGES (1u << (CHUNK_SHIFT - PAGE_SHIFT))
#define MAPPED_MIN (128u << 10)          /* bytes of the smallest block that allocators map */
#define MAPPED_AT 64u                    /* most bytes from the start of a page to a mapped block */
#define ALWAYS_MAPPED (32u << 20)        /* bytes: such a block is never in an arena */
#define BLOCK_MAX (UINT64_C(1) << 47)    /* bytes: no block is larger */
#define PROCESS_STEP (UINT64_C(1) << 48) /* bytes of a process's address space */
#define MAPPED_BIT (UINT64_C(1) << 63)
#define GRANULE_MAX 4 /* log2 of the granule of small blocks, unless all sizes are multiples of more */
#define SIZES_MAX 6

/* The common bits of the addresses of some blocks. */
struct grid {
    uint64_t one;           /* one of the addresses; 0: none */
    uint64_t differ;        /* bits in which the others differ from it */
    uint64_t lowest, limit; /* first byte of all blocks, and the byte after the last */
};

struct chunk {
    uint64_t number; /* address / 2 MB */
    uint16_t process;
    uint64_t page[CHUNK_PAGES / 64]; /* one bit per page, set if it has a part of a small block */
    struct grid grid;
};

struct segment {
    uint64_t begin, end;
    uint16_t process;
    bool mapped;
    struct grid grid;
    const struct hs_declared_region *declared; /* NULL: derived from blocks */
};

struct list { /* of segments */
    struct segment *item;
    size_t n, room;
};

struct hs_arena_map {
    struct chunk **chunk;
    uint32_t n_chunks, room;
    struct hs_map map; /* from process and number to a chunk */
    struct chunk *last;
    struct list mapped; /* by process and address, without overlaps */
    uint64_t sizes;     /* all of them or-ed */
    struct hs_import_region region[HS_SPANS_REGIONS];
    unsigned n_regions;
    struct hs_declared_region declared[HS_SPANS_REGIONS];
    unsigned n_declared;
    bool overlap; /* of two declared regions */
};

static void join_grids(struct grid *grid, const struct grid *other)
{
    if (!other->one)
        return;
    if (!grid->one)
        *grid = *other;
    grid->differ |= other->differ | (other->one ^ grid->one);
    grid->lowest = other->lowest < grid->lowest ? other->lowest : grid->lowest;
    grid->limit = other->limit > grid->limit ? other->limit : grid->limit;
}

static unsigned low_zeros(uint64_t bits, unsigned most)
{
    unsigned n = bits ? (unsigned)__builtin_ctzll(bits) : most;
    return n < most ? n : most;
}

/* ---- small blocks ---- */

static struct chunk *chunk_of(struct hs_arena_map *s, uint16_t process, uint64_t number)
{
    if (s->last && s->last->number == number && s->last->process == process)
        return s->last;
    uint64_t hash = hs_hash_add(hs_hash_u64(process), number);
    struct hs_map_search search = hs_map_search(&s->map, hash);
    while (hs_map_next(&s->map, &search))
        if (s->chunk[search.number]->number == number && s->chunk[search.number]->process == process)
            return s->last = s->chunk[search.number];
    struct chunk *chunk = hs_array_more(s->chunk, s->n_chunks, s->room) ? calloc(1, sizeof *chunk) : NULL;
    if (!chunk || !hs_map_add(&s->map, hash, s->n_chunks)) {
        free(chunk);
        return NULL;
    }
    chunk->number = number;
    chunk->process = process;
    return s->last = s->chunk[s->n_chunks++] = chunk;
}

/* Sets the pages of [begin, end), both multiples of a page. */
static int add_pages(struct hs_arena_map *s, const struct segment *of)
{
    for (uint64_t page = of->begin >> PAGE_SHIFT; page < of->end >> PAGE_SHIFT; page++) {
        struct chunk *c = chunk_of(s, of->process, page >> (CHUNK_SHIFT - PAGE_SHIFT));
        if (!c)
            return HS_ERR_MEMORY;
        unsigned bit = page & (CHUNK_PAGES - 1);
        c->page[bit / 64] |= UINT64_C(1) << bit % 64;
        join_grids(&c->grid, &of->grid);
    }
    return HS_OK;
}

/* ---- mapped blocks ---- */

static bool before(const struct segment *a, uint16_t process, uint64_t address)
{
    return a->process != process ? a->process < process : a->end <= address;
}

/* The first segment that ends after the address. */
static size_t first_behind(const struct list *list, uint16_t process, uint64_t address)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (before(&list->item[middle], process, address))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool make_room(struct list *list) { return hs_array_more(list->item, list->n, list->room); }

static int add_mapped(struct hs_arena_map *s, struct segment segment)
{
    struct list *list = &s->mapped;
    size_t at = first_behind(list, segment.process, segment.begin), behind = at;
    for (; behind < list->n && list->item[behind].process == segment.process && list->item[behind].begin < segment.end; behind++) {
        const struct segment *other = &list->item[behind];
        segment.begin = other->begin < segment.begin ? other->begin : segment.begin;
        segment.end = other->end > segment.end ? other->end : segment.end;
        join_grids(&segment.grid, &other->grid);
    }
    if (behind == at) {
        if (!make_room(list))
            return HS_ERR_MEMORY;
        memmove(list->item + at + 1, list->item + at, (list->n - at) * sizeof *list->item);
        list->n++;
    } else if (behind > at + 1) {
        memmove(list->item + at + 1, list->item + behind, (list->n - behind) * sizeof *list->item);
        list->n -= behind - at - 1;
    }
    list->item[at] = segment;
    return HS_OK;
}

bool hs_arena_map_is_mapped(uint64_t ptr, uint64_t size)
{
    return size >= ALWAYS_MAPPED || (size >= MAPPED_MIN && (ptr & (PAGE - 1)) <= MAPPED_AT);
}

int hs_arena_map_add(struct hs_arena_map *s, uint16_t process, uint64_t ptr, uint64_t size)
{
    struct segment segment = {
        .begin = ptr & ~(PAGE - 1),
        .process = process,
        .mapped = hs_arena_map_is_mapped(ptr, size),
    };
    uint64_t last = ptr + (size ? size - 1 : 0);
    if (size > BLOCK_MAX || last < ptr || last > UINT64_MAX - PAGE)
        return HS_OK; /* not a valid block */
    segment.end = (last & ~(PAGE - 1)) + PAGE;
    segment.grid = (struct grid){.one = ptr, .lowest = ptr, .limit = last + 1};
    s->sizes |= size;
    return segment.mapped ? add_mapped(s, segment) : add_pages(s, &segment);
}

/* ---- regions ---- */

static int add_segment(struct list *list, const struct segment *segment)
{
    struct segment *last = list->n ? &list->item[list->n - 1] : NULL;
    if (last && !last->declared && !last->mapped && !segment->mapped && last->process == segment->process &&
        last->end == segment->begin) {
        last->end = segment->end;
        join_grids(&last->grid, &segment->grid);
        return HS_OK;
    }
    if (!make_room(list))
        return HS_ERR_MEMORY;
    list->item[list->n++] = *segment;
    return HS_OK;
}

/* Whether a page has a part of a declared region, which then has all its blocks. */
static bool touches_declared(const struct hs_arena_map *s, uint16_t process, uint64_t page)
{
    for (unsigned i = 0; !s->overlap && i < s->n_declared; i++)
        if (s->declared[i].process == process && page < s->declared[i].begin + s->declared[i].bytes &&
            page + PAGE > s->declared[i].begin)
            return true;
    return false;
}

/* Adds the pages of a chunk; adjacent ones are merged. */
static int add_chunk(const struct hs_arena_map *s, struct list *list, const struct chunk *c)
{
    for (unsigned bit = 0; bit < CHUNK_PAGES; bit++) {
        uint64_t page = (c->number << (CHUNK_SHIFT - PAGE_SHIFT)) + bit;
        if (!(c->page[bit / 64] >> bit % 64 & 1) || touches_declared(s, c->process, page << PAGE_SHIFT))
            continue;
        struct segment segment = {
            .begin = page << PAGE_SHIFT,
            .end = (page + 1) << PAGE_SHIFT,
            .process = c->process,
            .grid = c->grid,
        };
        if (add_segment(list, &segment))
            return HS_ERR_MEMORY;
    }
    return HS_OK;
}

static int chunk_order(const void *left, const void *right)
{
    const struct chunk *a = *(struct chunk *const *)left, *b = *(struct chunk *const *)right;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int segment_order(const void *left, const void *right)
{
    const struct segment *a = left, *b = right;
    if (a->mapped != b->mapped)
        return b->mapped ? -1 : 1;
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return a->begin < b->begin ? -1 : a->begin > b->begin;
}

static int add_declared(struct list *list, const struct hs_declared_region *d)
{
    if (!make_room(list))
        return HS_ERR_MEMORY;
    list->item[list->n++] = (struct segment){.begin = d->begin, .end = d->begin + d->bytes, .process = d->process, .declared = d};
    return HS_OK;
}

/* All segments, small blocks first, by process and address. */
static int gather(struct hs_arena_map *s, struct list *list)
{
    struct chunk **sorted = calloc((size_t)s->n_chunks + 1, sizeof *sorted);
    size_t n = 0;
    int error = sorted ? HS_OK : HS_ERR_MEMORY;
    for (uint32_t i = 0; !error && i < s->n_chunks; i++)
        sorted[n++] = s->chunk[i];
    if (n)
        qsort(sorted, n, sizeof *sorted, chunk_order);
    for (size_t i = 0; !error && i < n; i++)
        error = add_chunk(s, list, sorted[i]);
    for (size_t i = 0; !error && i < s->mapped.n; i++)
        error = hs_arena_map_is_declared(s, s->mapped.item[i].process, s->mapped.item[i].begin)
                    ? HS_OK
                    : add_segment(list, &s->mapped.item[i]);
    for (unsigned i = 0; !error && !s->overlap && i < s->n_declared; i++)
        error = add_declared(list, &s->declared[i]);
    free(sorted);
    if (!error && list->n)
        qsort(list->item, list->n, sizeof *list->item, segment_order);
    return error;
}

static unsigned shift_of(const struct hs_arena_map *s, const struct segment *segment)
{
    if (segment->mapped)
        return low_zeros(segment->grid.differ, PAGE_SHIFT);
    unsigned sizes = low_zeros(s->sizes, SIZES_MAX);
    return low_zeros(segment->grid.differ, sizes > GRANULE_MAX ? sizes : GRANULE_MAX);
}

static struct hs_import_region span_of(const struct hs_arena_map *s, const struct segment *segment)
{
    struct hs_import_region span = {
        .process = segment->process, .mapped = segment->mapped, .shift = (uint8_t)shift_of(s, segment)};
    const struct grid *grid = &segment->grid;
    if (segment->declared) {
        span.shift = segment->declared->shift;
        span.begin = segment->begin;
        span.end = segment->end;
        span.name = segment->declared->name;
        return span;
    }
    uint64_t mask = (UINT64_C(1) << span.shift) - 1;
    uint64_t begin = grid->lowest > segment->begin ? grid->lowest : segment->begin;
    uint64_t end = grid->limit < segment->end ? grid->limit : segment->end;
    span.begin = begin + ((grid->one - begin) & mask);
    span.end = end + ((span.begin - end) & mask);
    return span;
}

/* Merges segments that are at most `gap` apart into regions. Returns the total granules; more than `limit` on failure. */
static uint64_t build(struct hs_arena_map *s, const struct list *list, uint64_t gap, uint64_t limit)
{
    uint64_t granules = 0;
    s->n_regions = 0;
    for (size_t i = 0; i < list->n;) {
        struct segment whole = list->item[i];
        for (i++; i < list->n; i++) {
            const struct segment *next = &list->item[i];
            if (whole.declared || next->declared || next->process != whole.process || next->mapped != whole.mapped ||
                next->begin > whole.end + gap)
                break;
            whole.end = next->end;
            join_grids(&whole.grid, &next->grid);
        }
        if (s->n_regions == HS_SPANS_REGIONS)
            return UINT64_MAX;
        struct hs_import_region span = span_of(s, &whole);
        uint64_t n = (span.end - span.begin) >> span.shift;
        if (n > limit || (granules += n) > limit)
            return UINT64_MAX;
        span.granules = (uint32_t)n;
        span.first = (uint32_t)(granules - n);
        HS_ASSERT(!s->n_regions || span.first == s->region[s->n_regions - 1].first + s->region[s->n_regions - 1].granules);
        s->region[s->n_regions++] = span;
    }
    return granules;
}

/* Addresses of different processes overlap, and mapped blocks may overlap arenas of another time. */
static void move_apart(struct hs_arena_map *s)
{
    for (unsigned i = 0; i < s->n_regions; i++) {
        struct hs_import_region *span = &s->region[i];
        span->base = span->begin + PROCESS_STEP * span->process;
        for (unsigned j = 0; j < i && span->mapped; j++)
            if (!s->region[j].mapped && s->region[j].process == span->process && s->region[j].begin < span->end &&
                span->begin < s->region[j].end)
                span->base |= MAPPED_BIT;
    }
}

long hs_arena_map_regions(struct hs_arena_map *s, uint64_t limit, const struct hs_import_region **region)
{
    /* Gaps in an arena are seldom larger than the first value. The others are for too many regions, or too large ones. */
    static const uint8_t gaps[] = {20, 22, 24, 26, 28, 30, 18, 16, 14, 12};
    struct list list = {0};
    int error = gather(s, &list);
    if (!error) {
        error = HS_ERR_FULL;
        for (size_t i = 0; error && i < sizeof gaps; i++)
            if (build(s, &list, UINT64_C(1) << gaps[i], limit) <= limit)
                error = HS_OK;
        move_apart(s);
    }
    free(list.item);
    *region = s->region;
    return error ? error : (long)s->n_regions;
}

/* Whether a region is before an address of that kind. */
static bool is_before(const struct hs_import_region *span, uint16_t process, bool mapped, uint64_t ptr)
{
    if (span->mapped != mapped)
        return mapped;
    return span->process != process ? span->process < process : span->end <= ptr;
}

const struct hs_import_region *hs_arena_map_find(const struct hs_arena_map *s, uint16_t process, bool mapped, uint64_t ptr)
{
    unsigned low = 0, high = s->n_regions;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (is_before(&s->region[middle], process, mapped, ptr))
            low = middle + 1;
        else
            high = middle;
    }
    const struct hs_import_region *found = &s->region[low];
    return low < s->n_regions && found->process == process && found->mapped == mapped && ptr >= found->begin ? found : NULL;
}

/* ---- declared regions ---- */

void hs_arena_map_declare(struct hs_arena_map *s, const struct hs_declared_region *region)
{
    if (!region->begin || !region->bytes || region->shift > PAGE_SHIFT)
        return;
    for (unsigned i = 0; i < s->n_declared; i++) {
        struct hs_declared_region *d = &s->declared[i];
        if (d->process != region->process || d->begin >= region->begin + region->bytes || region->begin >= d->begin + d->bytes)
            continue;
        s->overlap |= d->begin != region->begin || d->shift != region->shift;
        d->bytes = region->bytes > d->bytes ? region->bytes : d->bytes;
        return;
    }
    if (s->n_declared < HS_SPANS_REGIONS)
        s->declared[s->n_declared++] = *region;
    else
        s->overlap = true;
}

bool hs_arena_map_is_declared(const struct hs_arena_map *s, uint16_t process, uint64_t ptr)
{
    for (unsigned i = 0; !s->overlap && i < s->n_declared; i++)
        if (s->declared[i].process == process && ptr - s->declared[i].begin < s->declared[i].bytes)
            return true;
    return false;
}

/* ---- beginning and end ---- */

struct hs_arena_map *hs_arena_map_new(void) { return calloc(1, sizeof(struct hs_arena_map)); }

void hs_arena_map_free(struct hs_arena_map *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; i < s->n_chunks; i++)
        free(s->chunk[i]);
    free(s->chunk);
    hs_map_free(&s->map);
    free(s->mapped.item);
    free(s);
}
