/* SPDX-License-Identifier: MIT
 *
 * Recorders under comparison, ours among them. Each is called for every event, not inlined, and writes
 * into a ring that it overwrites; time comes from `bench_ticks`, there are no locks.
 */
#ifndef HS_BENCH_RECORDERS_H
#define HS_BENCH_RECORDERS_H

#include "tests/bench/synthetic.h"

extern uint32_t bench_ticks;

struct recorder {
    const char *name;
    void (*start)(void);
    void (*alloc)(uint32_t site, uint32_t pos, uint32_t size);
    void (*release)(uint32_t pos);
    void (*sweep)(void);
    void (*head)(uint32_t pos, bool survives);
    void (*sweep_end)(void);
    void (*stop)(void);
    uint64_t (*bytes)(void); /* written since the start */
};

extern const struct recorder rec_heapstrata, rec_leb128, rec_folded, rec_struct16;

/* HeapStrata's: takes all that is written, as a stream; NULL: an overwrite ring of 256 KB. */
extern void (*rec_heapstrata_sink)(const void *data, uint32_t len);
extern uint8_t rec_heapstrata_placement; /* enum hs_placement; EXPLICIT unless it is set before the start */
extern bool rec_heapstrata_learns;       /* explicit places are written as in version 3 */

#endif
