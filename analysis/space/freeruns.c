/* SPDX-License-Identifier: MIT
 *
 * Only the starts of runs are indexed. The start before a granule describes the free space to the left of it, and the
 * set finds it in one or two steps. So a run's length need not be stored at its end, and a granule needs no bit of its
 * own.
 */
#include "analysis/space/freeruns.h"

#include <string.h>

bool hs_freeruns_init(struct hs_freeruns *f, uint32_t granules)
{
    *f = (struct hs_freeruns){.granules = granules};
    f->run = calloc((size_t)granules + 1, sizeof *f->run);
    f->count = calloc((size_t)granules + 1, sizeof *f->count);
    bool ok = hs_bits_init(&f->start, (uint64_t)granules + 1);
    ok = hs_bits_init(&f->length, (uint64_t)granules + 1) && ok;
    if (!ok || !f->run || !f->count) {
        hs_freeruns_free(f);
        return false;
    }
    hs_freeruns_clear(f);
    return true;
}

void hs_freeruns_free(struct hs_freeruns *f)
{
    hs_bits_free(&f->start);
    hs_bits_free(&f->length);
    free(f->run);
    free(f->count);
    *f = (struct hs_freeruns){.granules = 0};
}

static inline void length_add(struct hs_freeruns *f, uint32_t length)
{
    f->runs++;
    if (f->count[length]++)
        return;
    hs_bits_add(&f->length, length);
    if (length > f->largest)
        f->largest = length;
}

static inline void length_remove(struct hs_freeruns *f, uint32_t length)
{
    f->runs--;
    if (--f->count[length])
        return;
    hs_bits_remove(&f->length, length);
    if (length == f->largest) {
        uint32_t next = hs_bits_at_or_below(&f->length, length);
        f->largest = next == HS_BITS_NONE ? 0 : next;
    }
}

static inline void run_add(struct hs_freeruns *f, struct hs_extent run)
{
    hs_bits_add(&f->start, run.pos);
    f->run[run.pos] = run.granules;
    length_add(f, run.granules);
}

static inline void run_remove(struct hs_freeruns *f, uint32_t pos)
{
    hs_bits_remove(&f->start, pos);
    length_remove(f, f->run[pos]);
}

static inline void run_resize(struct hs_freeruns *f, struct hs_extent run)
{
    uint32_t before = f->run[run.pos];
    f->run[run.pos] = run.granules;
    length_add(f, run.granules);
    length_remove(f, before);
}

void hs_freeruns_clear(struct hs_freeruns *f)
{
    for (struct hs_extent run; (run = hs_freeruns_from(f, 0)).granules;)
        run_remove(f, run.pos);
    f->free = f->granules;
    if (f->granules)
        run_add(f, (struct hs_extent){0, f->granules});
}

static inline bool inside(const struct hs_freeruns *f, struct hs_extent block)
{
    return block.granules && block.pos < f->granules && block.granules <= f->granules - block.pos;
}

bool hs_freeruns_take(struct hs_freeruns *f, struct hs_extent block)
{
    if (!inside(f, block))
        return false;
    uint32_t start = hs_bits_has(&f->start, block.pos) ? block.pos : hs_bits_at_or_below(&f->start, block.pos);
    if (start == HS_BITS_NONE)
        return false;
    uint32_t end = start + f->run[start], block_end = block.pos + block.granules;
    if (end < block_end)
        return false;
    f->free -= block.granules;
    /* The remainder is entered first: it is mostly the longest run, which then needs no search. */
    if (block_end < end)
        run_add(f, (struct hs_extent){block_end, end - block_end});
    if (start < block.pos)
        run_resize(f, (struct hs_extent){start, block.pos - start});
    else
        run_remove(f, start);
    return true;
}

bool hs_freeruns_give(struct hs_freeruns *f, struct hs_extent block)
{
    if (!inside(f, block))
        return false;
    uint32_t end = block.pos + block.granules;
    uint32_t left = hs_bits_at_or_below(&f->start, end - 1);
    uint32_t left_end = left == HS_BITS_NONE ? 0 : left + f->run[left];
    if (left != HS_BITS_NONE && left_end > block.pos)
        return false;
    f->free += block.granules;
    uint32_t right = end < f->granules && hs_bits_has(&f->start, end) ? f->run[end] : 0;
    if (left != HS_BITS_NONE && left_end == block.pos)
        run_resize(f, (struct hs_extent){left, end + right - left});
    else
        run_add(f, (struct hs_extent){block.pos, block.granules + right});
    if (right)
        run_remove(f, end);
    return true;
}

struct hs_extent hs_freeruns_from(const struct hs_freeruns *f, uint32_t pos)
{
    uint32_t start = hs_bits_at_or_above(&f->start, pos, (uint64_t)f->granules + 1);
    return start == HS_BITS_NONE ? (struct hs_extent){f->granules, 0} : (struct hs_extent){start, f->run[start]};
}

uint32_t hs_freeruns_longer(const struct hs_freeruns *f, uint32_t length)
{
    uint32_t next = hs_bits_at_or_above(&f->length, (uint64_t)length + 1, (uint64_t)f->granules + 1);
    return next == HS_BITS_NONE ? 0 : next;
}
