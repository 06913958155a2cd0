/* SPDX-License-Identifier: MIT
 *
 * A firmware that does random work on the C heap. At its marks it prints what it holds, and what the allocator's own structures
 * say, as they are written down in walk_*.c. STEPS, SEED and SAVE_AS are set by the build.
 */
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifndef __PICOLIBC__
#include <reent.h>
#endif

#include "firmware-hooks/c-heap/c_heap.h"
#include "firmware-hooks/console/console.h"
#include "firmware-hooks/startup/startup.h"
#include "tests/c-heap/walk.h"

HS_HEAPS(&hs_c_heap);

int main(void);
static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t) name,
#include "firmware-hooks/c-heap/fingerprint.def"
};
static const char facts[] = "system=c-heap test";

#ifndef HELD
#define HELD 120
#endif
static void *held[HELD];

/* --- work ---------------------------------------------------------------------------------------------------- */

#define TOO_MUCH 0x400000u
#ifndef REFUSED_OF
#define REFUSED_OF 400u /* one request of so many is too large */
#endif

static __attribute__((noinline)) void *take(uint32_t size)
{
    switch (below(8)) {
    case 0: return calloc(1 + size / 8, 8);
    case 1: return memalign(16u << below(4), size);
    case 2: return size < 100 ? strdup("a text that the C library copies") : malloc(size);
#ifndef __PICOLIBC__
    case 3: return _malloc_r(_REENT, size);
    case 4: return _calloc_r(_REENT, 4, size);
#endif
    default: return malloc(size);
    }
}

static __attribute__((noinline)) void step(void)
{
    void **slot = &held[below(HELD)];
    uint32_t size = below(REFUSED_OF) ? 1 + below(200) : TOO_MUCH + below(100);
    if (!*slot) {
        *slot = take(size);
    } else if (below(3)) {
        free(*slot);
        *slot = NULL;
    } else if (!below(20)) {
        *slot = realloc(*slot, 0);
    } else {
        void *now = realloc(*slot, size);
        *slot = now ? now : *slot;
    }
}

/* What a variant of the program does besides; interrupts.c and objects.cc define them. */
static void nothing(void) {}
void variant_start(void) __attribute__((weak, alias("nothing")));
void variant_stop(void) __attribute__((weak, alias("nothing")));
void variant_pause(void) __attribute__((weak, alias("nothing")));
void variant_resume(void) __attribute__((weak, alias("nothing")));
void variant_held(void) __attribute__((weak, alias("nothing")));

static void walk(void)
{
    walk_heap();
    variant_held();
}

static void mark_paused(uint32_t number)
{
    variant_pause();
    mark(number, walk, held, HELD);
    if (hs_state == HS_STATE_LEVEL)
        hs_heaps_summary(2);
    variant_resume();
}

int main(void)
{
    set_seed(SEED);
    for (uint32_t i = 0; i < HELD / 4; i++) /* before the recorder starts */
        held[i] = malloc(8 + i);
    int err = hs_startup(&(struct hs_firmware){
        .facts = {facts, sizeof facts}, .functions = functions, .n_functions = sizeof functions / sizeof *functions});
    if (err || !hs_heaps_test()) {
        hs_semihosting_print("the hook does not see what is allocated\n");
        hs_semihosting_exit(1);
    }
    variant_start();
    for (uint32_t i = 1; i <= STEPS; i++) {
        step();
        if (i % (STEPS / 10) == 0)
            mark_paused(i / (STEPS / 10));
    }
    variant_stop();
    hs_console_dump(hs_semihosting_print);
    hs_semihosting_exit(hs_semihosting_save(SAVE_AS) ? 0 : 2);
}
