/* SPDX-License-Identifier: MIT
 *
 * Recorders on a bare core in QEMU, for insn_plugin.c to count: `mark` is called before and after each. First
 * HeapStrata's on events that are all as predicted, then each of them on the synthetic stream, which the host has
 * made (`synthetic list`).
 */
#include "lib/heapstrata.h"
#include "tests/bench/recorders.h"
#include "tests/cores/machine.h"

static const struct event event[] = {
#include "events.inc"
};
#define EVENTS (sizeof event / sizeof *event)
#define PAIRS 1000u

void mark(void);
__attribute__((noinline)) void mark(void) { __asm__ volatile(""); }

static void record(const struct recorder *r, const struct event *e, const struct event *end)
{
    mark();
    for (; e < end; e++) {
        bench_ticks += e->dt;
        if (e->kind == EV_ALLOC)
            r->alloc(e->site, e->pos, e->size);
        else
            r->release(e->pos);
    }
    mark();
}

/* One place allocates, another frees, always the same. */
static void record_predicted(void)
{
    static struct event pair[2 * PAIRS];
    for (uint32_t i = 0; i < PAIRS; i++) {
        pair[2 * i] = (struct event){.kind = EV_ALLOC, .site = 1, .size = 40, .pos = 100, .dt = 3};
        pair[2 * i + 1] = (struct event){.kind = EV_FREE, .pos = 100, .dt = 3};
    }
    rec_heapstrata_placement = HS_PLACE_MICROPYTHON;
    rec_heapstrata.start();
    record(&rec_heapstrata, pair, pair + 2 * PAIRS);
    rec_heapstrata_placement = HS_PLACE_EXPLICIT;
}

int main(void)
{
    static const struct recorder *const all[] = {&rec_heapstrata, &rec_struct16, &rec_leb128, &rec_folded};
    record_predicted();
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        all[i]->start();
        record(all[i], event, event + EVENTS);
    }
    rec_heapstrata_learns = true;
    rec_heapstrata.start();
    record(&rec_heapstrata, event, event + EVENTS);
    return 0;
}
