/* SPDX-License-Identifier: MIT
 *
 * The binary buddy system (D. E. Knuth, The Art of Computer Programming, vol. 1, section 2.5, algorithms R and S):
 * every block takes a power of two of granules and begins at a multiple of it. A freed block is merged with its
 * buddy, the other half of the next larger block, as long as that is free. A heap whose length is no power of
 * two begins as the fewest aligned blocks that cover it. Of each order the lowest block is allocated.
 */
#include <stdlib.h>

#include "analysis/whatif/policies.h"

#define ORDERS 32u

/* Free blocks: for each order a set of places, divided by the length of the order. */
struct buddy {
    struct hs_bits free[ORDERS];
    uint32_t granules;
    unsigned orders;
};

static unsigned order_of(uint32_t granules) { return granules > 1 ? 32u - (unsigned)__builtin_clz(granules - 1) : 0; }

static uint32_t taken(uint32_t granules) { return order_of(granules) < ORDERS ? 1u << order_of(granules) : 0; }

static void close_buddy(struct hs_sim *sim)
{
    struct buddy *b = sim->own;
    for (unsigned i = 0; b && i < b->orders; i++)
        hs_bits_free(&b->free[i]);
    free(b);
    sim->own = NULL;
}

/* Adds blocks while they fit, highest order first, so each begins at a multiple of its length. */
static void fill(struct buddy *b)
{
    uint32_t at = 0;
    for (unsigned order = b->orders; order--;)
        if (b->granules - at >= 1u << order) {
            hs_bits_add(&b->free[order], at >> order);
            at += 1u << order;
        }
}

static void area(struct hs_sim *sim, unsigned number)
{
    close_buddy(sim);
    if (!sim->area[number].present)
        return;
    struct buddy *b = sim->own = calloc(1, sizeof *b);
    sim->short_of_memory = !b;
    if (!b)
        return;
    b->granules = sim->area[number].granules;
    while (b->orders < ORDERS - 1 && b->granules >> b->orders) {
        sim->short_of_memory |= !hs_bits_init(&b->free[b->orders], (uint64_t)(b->granules >> b->orders) + 1);
        b->orders++;
    }
    if (!sim->short_of_memory)
        fill(b);
}

static uint32_t lowest(const struct buddy *b, unsigned order)
{
    return hs_bits_at_or_above(&b->free[order], 0, (uint64_t)(b->granules >> order) + 1);
}

static uint32_t alloc(struct hs_sim *sim, uint32_t granules)
{
    struct buddy *b = sim->own;
    unsigned order = order_of(granules), from = order;
    uint32_t at = HS_BITS_NONE;
    while (from < b->orders && (at = lowest(b, from)) == HS_BITS_NONE)
        from++;
    if (from >= b->orders)
        return HS_SIM_NONE;
    hs_bits_remove(&b->free[from], at);
    for (; from > order; at <<= 1)
        hs_bits_add(&b->free[--from], 2 * at + 1); /* the upper half stays free */
    return sim->area[0].first + (at << order);
}

static void release(struct hs_sim *sim, struct hs_extent block)
{
    struct buddy *b = sim->own;
    unsigned order = order_of(block.granules);
    uint32_t at = (block.pos - sim->area[0].first) >> order;
    while (order + 1 < b->orders && ((uint64_t)(at ^ 1) + 1) << order <= b->granules && hs_bits_has(&b->free[order], at ^ 1)) {
        hs_bits_remove(&b->free[order], at ^ 1);
        at >>= 1;
        order++;
    }
    hs_bits_add(&b->free[order], at);
}

const struct hs_policy hs_policy_buddy = {
    .name = "buddy",
    .about = "powers of two, freed with their buddies (Knuth, TAOCP 1, 2.5, algorithms R and S)",
    .one_area = true,
    .close = close_buddy,
    .area = area,
    .taken = taken,
    .alloc = alloc,
    .free = release,
};
