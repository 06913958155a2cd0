/* SPDX-License-Identifier: MIT
 *
 * A firmware with one heap and its own hook (firmware-hooks/example): main [STEPS [SEED]]. Each hundred steps of random work it
 * prints its heap, "walk N" and a line "OFFSET BYTES" for each block, and sets a mark "walk N" in the trace.
 */
#include <stdio.h>
#include <stdlib.h>

#include "firmware-hooks/example/example_hook.h"
#include "firmware-hooks/example/first_fit.h"
#include "firmware-hooks/startup/startup.h"

HS_HEAPS(&example_heap);

int main(int argc, char **argv);
static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t) name,
#include "firmware-hooks/example/fingerprint.def"
};
static const char facts[] = "system=own-hook example";

/* Whether the hook sees allocations, where anything is recorded. */
static bool begin(void)
{
    ff_init();
    int err = hs_startup(&(struct hs_firmware){
        .facts = {facts, sizeof facts}, .functions = functions, .n_functions = sizeof functions / sizeof *functions});
    return !err && (hs_state == HS_STATE_OFF || hs_heaps_test());
}

#define HELD 200

static uint32_t state;
static uint32_t below(uint32_t n)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % n;
}

/* Allocates, resizes or frees; most sizes are small, a few are too large for the heap. */
static __attribute__((noinline)) void step(void)
{
    static void *held[HELD];
    void **slot = &held[below(HELD)];
    uint32_t size = below(400) ? below(150) : 2 * FF_HEAP_SIZE;
    if (!*slot) {
        *slot = ff_malloc(size);
    } else if (below(3)) {
        ff_free(*slot);
        *slot = NULL;
    } else {
        void *now = ff_realloc(*slot, size);
        *slot = now ? now : *slot;
    }
}

static void walk(int number)
{
    char label[24];
    const struct ff_block *block;
    int len = snprintf(label, sizeof label, "walk %d", number);
    puts(label);
    for (uint32_t at = 0; at < FF_HEAP_SIZE; at += block->bytes) {
        block = (const struct ff_block *)(const void *)(ff_heap + at);
        if (block->used)
            printf("%u %u\n", (unsigned)at, (unsigned)block->bytes);
    }
    hs_mark((struct hs_text){label, (uint32_t)len});
    if (hs_state == HS_STATE_LEVEL)
        hs_heaps_summary(2);
}

int main(int argc, char **argv)
{
    int steps = argc > 1 ? atoi(argv[1]) : 1000;
    state = argc > 2 ? (uint32_t)atoi(argv[2]) : 1;
    if (!begin()) {
        fputs("the hook does not see what is allocated\n", stderr);
        return 1;
    }
    for (int i = 1; i <= steps; i++) {
        step();
        if (i % 100 == 0)
            walk(i / 100);
    }
    return 0;
}
