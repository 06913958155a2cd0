/* SPDX-License-Identifier: MIT
 *
 * A seeded stream of heap events for the benchmark: 40 sites drawn by Zipf's law, a next-fit heap, a live
 * set that wanders between 2000 and 5000 blocks, blocks freed in random order.
 */
#ifndef HS_BENCH_SYNTHETIC_H
#define HS_BENCH_SYNTHETIC_H

#include <stdbool.h>
#include <stdint.h>

#define SITES 40u
#define GRANULES 24576u /* of 16 bytes */
#define SHIFT 4u
#define LIVE_MIN 2000u
#define LIVE_MAX 5000u
#define DEAD_MAX 2000u /* blocks that wait for a sweep */
#define MEAN_TICK 54u  /* between two events; exponential, entropy about 0.9 bytes */

enum { EV_ALLOC = 1, EV_FREE, EV_SWEEP, EV_HEAD, EV_SWEEP_END };

struct event {
    uint32_t dt;   /* ticks since the event before */
    uint32_t pos;  /* granule of the head */
    uint16_t size; /* bytes; HEAD: 1 = survives */
    uint8_t site;  /* ALLOC: 0 to SITES - 1 */
    uint8_t kind;
};

struct stream {
    uint64_t seed;
    bool sweeps;     /* frees are gathered into sweeps */
    uint64_t events; /* allocations and freed blocks so far */

    uint32_t zipf[SITES]; /* cumulative, of 2^32 */
    uint32_t ticks[1024]; /* quantiles of the time between events */
    uint32_t cursor;
    uint8_t used[GRANULES]; /* granule is part of a block */
    uint16_t len[GRANULES]; /* of the block whose head is here, 0: none */
    bool dead[GRANULES];    /* head of a block that waits for the sweep */
    uint32_t live[LIVE_MAX];
    uint32_t n_live, n_dead;
    uint32_t at; /* where the sweep under way is */
    bool sweeping;
};

void stream_start(struct stream *s, uint64_t seed, bool sweeps);

/* The next `n` events at most; returns how many. */
uint32_t stream_next(struct stream *s, struct event *event, uint32_t n);

#endif
