/* SPDX-License-Identifier: MIT
 *
 * A simulated heap: an allocator's policy allocates granules, but nothing is stored in them. All policies keep
 * their tables outside the heap, as MicroPython's collector does with its allocation table. So they differ only
 * in where they place blocks and how they round sizes, not in block headers.
 */
#ifndef HS_WHATIF_SIM_H
#define HS_WHATIF_SIM_H

#include "analysis/space/freeruns.h"

#define HS_SIM_NONE UINT32_MAX /* no place */
#define HS_SIM_AREAS 256u

struct hs_sim;

/* An allocator. `alloc` gets the granules to allocate, already rounded by `taken`, and returns the head's place. The
 * functions for blocks are called before the caller updates the index of free runs. */
struct hs_policy {
    const char *name;
    const char *about;                /* a line for the user: what it does, and whose definition it follows */
    bool one_area;                    /* does not support a heap of several areas */
    bool compacts;                    /* blocks have no place: there is room whenever enough granules are free */
    bool (*open)(struct hs_sim *sim); /* NULL: no private state */
    void (*close)(struct hs_sim *sim);
    void (*area)(struct hs_sim *sim, unsigned number); /* appeared, empty, or is no longer `present` */
    uint32_t (*taken)(uint32_t granules);              /* granules that a request really takes; NULL: no rounding */
    uint32_t (*alloc)(struct hs_sim *sim, uint32_t granules);
    void (*put)(struct hs_sim *sim, struct hs_extent block);  /* places it exactly there; NULL: not supported */
    void (*free)(struct hs_sim *sim, struct hs_extent block); /* NULL: the index is enough */
    /* Resizes the block in place; there is room. NULL: the index is enough. */
    void (*resize)(struct hs_sim *sim, struct hs_extent block, uint32_t granules);
};

struct hs_sim_area {
    uint32_t first, granules;
    bool present;
    struct hs_freeruns space;
};

struct hs_sim {
    const struct hs_policy *policy;
    struct hs_sim_area area[HS_SIM_AREAS]; /* `n_areas` */
    unsigned n_areas;
    void *own;               /* private to the policy */
    uint64_t granules, used; /* of all areas */
    uint64_t refused;        /* changes that contradict the index: 0 unless a policy is wrong */
    bool short_of_memory;
};

/* Finds a policy by name, or NULL; by number, or NULL after the last. Number 0 is MicroPython's. */
const struct hs_policy *hs_policy_find(const char *name);
const struct hs_policy *hs_policy_at(unsigned number);

/* Makes a heap without areas. False when out of memory. */
bool hs_sim_open(struct hs_sim *sim, const struct hs_policy *policy);
void hs_sim_close(struct hs_sim *sim);

/* Adds an empty area and replaces one of that number (false when out of memory); removes an area with all its blocks. */
bool hs_sim_add(struct hs_sim *sim, unsigned number, struct hs_extent granules);
void hs_sim_remove(struct hs_sim *sim, unsigned number);

/* Allocates a block and returns its extent; `pos` is HS_SIM_NONE when there is no room. */
struct hs_extent hs_sim_alloc(struct hs_sim *sim, uint32_t granules);
void hs_sim_free(struct hs_sim *sim, struct hs_extent block);

/* Places a block on given free granules; false when the policy does not support this. */
bool hs_sim_put(struct hs_sim *sim, struct hs_extent block);

/* Resizes a block in place and updates *block; false when that is not possible. */
bool hs_sim_resize(struct hs_sim *sim, struct hs_extent *block, uint32_t granules);

/* Granules of the longest free run; free granules. */
uint32_t hs_sim_largest(const struct hs_sim *sim);
static inline uint64_t hs_sim_space(const struct hs_sim *sim) { return sim->granules - sim->used; }

#endif
