/* SPDX-License-Identifier: MIT
 *
 * A heap that is only a model: an allocator's policy deals out granules, nothing is ever stored in them. All
 * policies keep their books beside the heap, as MicroPython's collector does with its allocation table, so that
 * what differs between them is where blocks are placed and what is rounded up, not headers of their own.
 */
#ifndef HS_WHATIF_SIM_H
#define HS_WHATIF_SIM_H

#include "analysis/space/freeruns.h"

#define HS_SIM_NONE UINT32_MAX /* no place */
#define HS_SIM_AREAS 256u

struct hs_sim;

/* An allocator. `alloc` gets the granules wanted and gives the head's place; what it really takes is told by
 * `taken`. All of them see the free space as it is before the change: the caller keeps the index. */
struct hs_policy {
    const char *name;
    const char *about;                /* a line for people: what it does, and by whose definition */
    bool one_area;                    /* cannot deal with a heap of several areas */
    bool compacts;                    /* blocks have no place: there is room whenever there is space */
    bool (*open)(struct hs_sim *sim); /* NULL: nothing of its own */
    void (*close)(struct hs_sim *sim);
    void (*area)(struct hs_sim *sim, unsigned number); /* came, empty, or is no longer `present` */
    uint32_t (*taken)(uint32_t granules);              /* NULL: what is asked for */
    uint32_t (*alloc)(struct hs_sim *sim, uint32_t granules);
    void (*put)(struct hs_sim *sim, struct hs_extent block);  /* lays it there; NULL: cannot */
    void (*free)(struct hs_sim *sim, struct hs_extent block); /* NULL: nothing to do beside the index */
    /* The block is resized where it is; there is room for that. NULL: nothing to do beside the index. */
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
    void *own;               /* of the policy */
    uint64_t granules, used; /* of all areas */
    uint64_t refused;        /* changes that contradict the index: 0 unless a policy is wrong */
    bool short_of_memory;
};

/* The policy of that name, NULL when there is none; the one of that number, NULL behind the last. The first is
 * MicroPython's. */
const struct hs_policy *hs_policy_find(const char *name);
const struct hs_policy *hs_policy_at(unsigned number);

/* An empty heap without areas. Returns false when memory is short. */
bool hs_sim_open(struct hs_sim *sim, const struct hs_policy *policy);
void hs_sim_close(struct hs_sim *sim);

/* An area comes, empty, in place of one with that number; it goes with all in it. */
bool hs_sim_add(struct hs_sim *sim, unsigned number, struct hs_extent granules);
void hs_sim_remove(struct hs_sim *sim, unsigned number);

/* Places a block and says what it takes; `pos` is HS_SIM_NONE when there is no room. */
struct hs_extent hs_sim_alloc(struct hs_sim *sim, uint32_t granules);
void hs_sim_free(struct hs_sim *sim, struct hs_extent block);

/* Lays a block on free granules, where the policy can be told to; false when not. */
bool hs_sim_put(struct hs_sim *sim, struct hs_extent block);

/* Resizes a block where it is, if that is possible: *block is then what it takes. */
bool hs_sim_resize(struct hs_sim *sim, struct hs_extent *block, uint32_t granules);

/* Granules of the longest free run; free granules. */
uint32_t hs_sim_largest(const struct hs_sim *sim);
static inline uint64_t hs_sim_space(const struct hs_sim *sim) { return sim->granules - sim->used; }

#endif
