/* SPDX-License-Identifier: MIT
 *
 * The synthetic stream into each recorder on a bare Cortex-M3 in QEMU, for insn_plugin.c to count: `mark`
 * is called before and after each.
 */
#include <stdint.h>

#include "tests/bench/recorders.h"

#define EVENTS 60000u

static struct stream stream;
static struct event event[EVENTS];

void mark(void);
__attribute__((noinline)) void mark(void) { __asm__ volatile(""); }

static void record(const struct recorder *r) {
    mark();
    for (const struct event *e = event; e < event + EVENTS; e++) {
        bench_ticks += e->dt;
        if (e->kind == EV_ALLOC)
            r->alloc(e->site, e->pos, e->size);
        else
            r->release(e->pos);
    }
    mark();
}

static void leave(void) {
    register uint32_t call __asm__("r0") = 0x18; /* semihosting: exit */
    register uint32_t why __asm__("r1") = 0x20026;
    __asm__ volatile("bkpt 0xab" : : "r"(call), "r"(why) : "memory");
}

void reset(void);
void reset(void) {
    static const struct recorder *const all[] = {&rec_heapstrata, &rec_struct16, &rec_leb128, &rec_folded};
    stream_start(&stream, 42, false);
    while (stream.events < 200000) /* past the time when the heap fills up */
        stream_next(&stream, event, EVENTS);
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        all[i]->start();
        record(all[i]);
    }
    leave();
    for (;;)
        ;
}

static void fault(void) {
    leave();
    for (;;)
        ;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    (void *)0x20400000, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault};
