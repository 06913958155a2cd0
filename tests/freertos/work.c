/* SPDX-License-Identifier: MIT */
#include "FreeRTOS.h"
#include "task.h"

#include "tests/freertos/work.h"

#include "firmware-hooks/c-heap/c_heap.h"
#include "firmware-hooks/console/console.h"
#include "firmware-hooks/freertos/freertos_heap.h"
#include "firmware-hooks/startup/startup.h"

#if HS_FREERTOS_HEAP == 3
HS_HEAPS(&hs_c_heap);
#else
HS_HEAPS(&hs_c_heap, &hs_freertos_heap);
#endif

#define HELD 30u
#define TOO_MUCH 100000u
static void *held[TASKS][HELD];

void work_begin(void)
{
    static const char facts[] = "system=FreeRTOS test";
    set_seed(5);
    held[0][0] = pvPortMalloc(40); /* before the recorder starts */
    if (hs_startup(&(struct hs_firmware){.facts = {facts, sizeof facts}}) || !hs_heaps_test()) {
        hs_semihosting_print("the hook does not see what is allocated\n");
        hs_semihosting_exit(1);
    }
}

/* No tail calls: each is a caller. */
static __attribute__((noinline)) void *sensor_asks(uint32_t size)
{
    void *volatile block = pvPortMalloc(size);
    return block;
}

static __attribute__((noinline)) void *radio_asks(uint32_t size)
{
    void *volatile block = pvPortCalloc(1, size);
    return block;
}

static __attribute__((noinline)) void *log_asks(uint32_t size)
{
    void *volatile block = pvPortMalloc(size);
    return block;
}

void work_step(unsigned task, unsigned turn)
{
    static void *(*const asks[TASKS])(uint32_t size) = {sensor_asks, radio_asks, log_asks};
    void **slot = &held[task][below(HELD)];
    uint32_t size = below(60) ? 1 + below(300) : TOO_MUCH + below(50);
    if (*slot && HS_FREERTOS_HEAP != 1) {
        vPortFree(*slot);
        *slot = NULL;
    } else if (!*slot) {
        *slot = asks[task](size);
    }
    if ((turn + 1) % (TURNS / 10) == 0)
        mark((turn + 1) / (TURNS / 10), walk_kernel, &held[0][0], TASKS * HELD);
}

_Noreturn void work_end(void) { hs_semihosting_exit(hs_semihosting_save(SAVE_AS) ? 0 : 2); }
