/* SPDX-License-Identifier: MIT */
#include "analysis/whatif/smallest.h"

#define BLOCKS_PER_ATB 4u /* as in gc.c */
#define LARGER 8u         /* sizes above the one found that are tried */

/* Bits for one byte of the allocation table, in eighths of a byte: itself, half a byte of finalisers, four granules. */
static uint64_t bits_of_byte(const struct hs_heap_size *size) { return 8 + 4 + ((uint64_t)8 * BLOCKS_PER_ATB << size->shift); }

uint32_t hs_heap_granules(const struct hs_heap_size *size, uint64_t bytes)
{
    uint64_t granules = bytes >> size->shift;
    if (size->micropython)
        granules = bytes > 1 ? (bytes - 1) * 8 / bits_of_byte(size) * BLOCKS_PER_ATB : 0;
    return granules < HS_GRANULE_LIMIT ? (uint32_t)granules : HS_GRANULE_LIMIT;
}

uint64_t hs_heap_bytes(const struct hs_heap_size *size, uint32_t granules)
{
    uint64_t table = (granules + BLOCKS_PER_ATB - 1) / BLOCKS_PER_ATB, granule = UINT64_C(1) << size->shift;
    if (!size->micropython)
        return (uint64_t)granules << size->shift;
    return (table * bits_of_byte(size) + 7) / 8 + 1 + granule - 1; /* gc_init cuts the end to a whole granule */
}

struct search {
    const struct hs_program *program;
    struct hs_setting set;
    struct hs_rerun_result result;
    uint32_t step;  /* sizes are multiples of this many granules */
    uint32_t least; /* smallest sufficient size of those tried; 0: none yet */
    unsigned replays;
    int error;
};

static bool enough(struct search *s, uint32_t granules)
{
    s->set.granules = granules;
    s->replays++;
    if (!s->error)
        s->error = hs_rerun(&s->result, s->program, &s->set);
    if (s->error || s->result.failed)
        return false;
    s->least = !s->least || granules < s->least ? granules : s->least;
    return true;
}

/* Doubles the size until it is sufficient; 0: none up to the limit. */
static uint32_t upper(struct search *s, uint32_t from)
{
    while (!enough(s, from)) {
        if (s->error || from >= HS_GRANULE_LIMIT / 2)
            return 0;
        from *= 2;
    }
    return from;
}

/* `low` is too small, `high` is sufficient. */
static uint32_t bisect(struct search *s, uint32_t low, uint32_t high)
{
    while (high - low > s->step && !s->error) {
        uint32_t middle = low + (high - low) / 2 / s->step * s->step;
        if (enough(s, middle))
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* The largest of LARGER sizes above `found` that fails; 0: all are sufficient. */
static uint32_t failing_above(struct search *s, uint32_t found)
{
    for (uint32_t i = LARGER; i && !s->error; i--) {
        uint32_t larger = found + (uint32_t)((uint64_t)found * i / (8 * LARGER)) / s->step * s->step;
        if (larger > found && !enough(s, larger))
            return larger;
    }
    return 0;
}

int hs_smallest_find(struct hs_smallest *smallest, const struct hs_program *program, const struct hs_setting *setting,
                     const struct hs_heap_size *size)
{
    struct search s = {.program = program, .set = *setting, .step = size->micropython ? BLOCKS_PER_ATB : 1};
    s.set.stop = true;
    s.set.course = false;
    *smallest = (struct hs_smallest){0};
    uint32_t low = 0, high = upper(&s, s.step * 64);
    while (high && !s.error) {
        high = bisect(&s, low, high);
        low = failing_above(&s, high);
        if (!low)
            break;
        high = upper(&s, low + s.step);
    }
    smallest->granules = high;
    smallest->bytes = high ? hs_heap_bytes(size, high) : 0;
    smallest->least = high ? s.least : 0;
    smallest->least_bytes = high ? hs_heap_bytes(size, s.least) : 0;
    smallest->replays = s.replays;
    return s.error;
}
