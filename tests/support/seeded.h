/* SPDX-License-Identifier: MIT
 *
 * Properties tried on random sequences of steps, which a seed decides. A sequence that fails is cut down to the
 * shortest beginning that still fails before it is shown.
 *
 * HS_SEED=N tries that seed only, HS_SEEDS=N so many.
 */
#ifndef HS_TESTS_SEEDED_H
#define HS_TESTS_SEEDED_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t seeded_state;

/* A number below `n`. */
static inline uint32_t seeded(uint32_t n)
{
    seeded_state = seeded_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((seeded_state >> 33) * (uint64_t)n >> 31);
}

/* Takes `steps` random steps and tells whether the property held after each of them. */
typedef bool seeded_property(unsigned steps);

static inline bool seeded_try(seeded_property *property, uint64_t seed, unsigned steps)
{
    seeded_state = seed * 0x9e3779b97f4a7c15u + 1;
    return property(steps);
}

static inline uint64_t seeded_number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Tries the property on seeds 1 to `seeds`. True: it held. */
static inline bool seeded_holds(seeded_property *property, uint64_t seeds, unsigned steps)
{
    uint64_t first = seeded_number("HS_SEED", 1), last = getenv("HS_SEED") ? first : seeded_number("HS_SEEDS", seeds);
    for (uint64_t seed = first; seed <= last; seed++) {
        if (seeded_try(property, seed, steps))
            continue;
        while (steps && !seeded_try(property, seed, steps - 1))
            steps--;
        fprintf(stderr, "HS_SEED=%llu fails after %u steps\n", (unsigned long long)seed, steps);
        return false;
    }
    return true;
}

#endif
