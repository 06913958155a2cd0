/* SPDX-License-Identifier: MIT */
#include "tests/zephyr/work.h"

#include "firmware-hooks/c-heap/c_heap.h"
#include "firmware-hooks/console/console.h"
#include "firmware-hooks/startup/startup.h"
#include "firmware-hooks/zephyr/zephyr_heap.h"
#include "tests/c-heap/said.h"

HS_HEAPS(&hs_c_heap, &hs_zephyr_heap);

#define HELD 24u
#define TOO_MUCH 100000u
static void *held[THREADS][HELD];

void work_begin(void)
{
    static const char facts[] = "system=Zephyr test";
    set_seed(5);
    held[0][0] = k_malloc(40); /* before the recorder starts */
    if (!hs_zephyr_watch(&_system_heap.heap, "zephyr/system") || !hs_zephyr_watch(&other_heap.heap, "zephyr/other") ||
        hs_startup(&(struct hs_firmware){.facts = {facts, sizeof facts}}) || !hs_heaps_test()) {
        hs_semihosting_print("the hook does not see what is allocated\n");
        hs_semihosting_exit(1);
    }
}

/* No tail calls: each is a caller. */
static __attribute__((noinline)) void *sensor_asks(void *old, uint32_t size)
{
    void *volatile block = old ? k_realloc(old, size) : k_malloc(size);
    return block;
}

static __attribute__((noinline)) void *radio_asks(void *old, uint32_t size)
{
    void *volatile block = k_realloc(old, size);
    return block;
}

static __attribute__((noinline)) void *log_asks(void *old, uint32_t size)
{
    void *volatile block = old ? NULL : k_heap_alloc(&other_heap, size / 2 + 1, K_NO_WAIT);
    return block;
}

/* The chunks of 16-bit fields, in the order of addresses. */
static void walk(const struct sys_heap *heap)
{
    const uint8_t *start = (const uint8_t *)heap->heap;
    uint32_t end = ((const uint32_t *)(const void *)start)[2];
    for (uint32_t unit = 0, length; unit < end; unit += length) {
        const uint16_t *chunk = (const uint16_t *)(const void *)(start + 8 * unit);
        length = chunk[1] >> 1;
        if (unit && chunk[1] & 1)
            show("block", (uintptr_t)chunk, 8 * length);
    }
}

static void walk_both(void)
{
    walk(&_system_heap.heap);
    walk(&other_heap.heap);
}

static void give_back(unsigned thread, void *block)
{
    if (thread == 2)
        k_heap_free(&other_heap, block);
    else
        k_free(block);
}

void work_step(unsigned thread, unsigned turn)
{
    static void *(*const asks[THREADS])(void *old, uint32_t size) = {sensor_asks, radio_asks, log_asks};
    void **slot = &held[thread][below(HELD)];
    uint32_t size = below(60) ? 1 + below(300) : TOO_MUCH + below(50);
    if (*slot && below(3)) {
        give_back(thread, *slot);
        *slot = NULL;
    } else {
        void *now = asks[thread](*slot, size);
        *slot = now ? now : *slot;
    }
    if ((turn + 1) % (TURNS / 10) == 0)
        mark((turn + 1) / (TURNS / 10), walk_both, &held[0][0], THREADS * HELD);
}

_Noreturn void work_end(void) { hs_semihosting_exit(hs_semihosting_save(SAVE_AS) ? 0 : 2); }
