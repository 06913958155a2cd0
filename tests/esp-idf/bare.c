/* SPDX-License-Identifier: MIT
 *
 * A firmware under the component, on the bare stand-in. It prints the trace, "T address size" for each block that is there at the
 * end, "C allocations frees resizes failures", and "I what instructions" for what an allocation and its free cost.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "esp_private/startup_internal.h"
#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "lib/heapstrata.h"
#include "tests/cores/machine.h"
#include "tests/esp-idf/bare_system.h"
#include "tests/esp-idf/objects.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);
void *__wrap_memalign(size_t alignment, size_t size);
void *__real_heap_caps_malloc(size_t size, uint32_t caps);
void __real_heap_caps_free(void *block);
void app_main(void);
extern __attribute__((weak)) void objects_work(void); /* not every firmware has it */

#define BLOCKS 48u
#define OWNERS 6u /* tasks, interrupts, start-up, C++ */
#define ISR 3u
#define STARTUP 4u
#define OBJECTS 5u
#define LATE (1u << 20)   /* MALLOC_CAP_SIMD: memory that is a heap only later has it */
#define NEWEST (1u << 30) /* a capability of some later version */

static struct owner {
    void *block[BLOCKS];
    size_t size[BLOCKS];
    uint32_t random;
    uint32_t allocs, frees, resizes, failures; /* of each owner, because an interrupt may come while a task adds to its own */
} owners[OWNERS];

static void keep(struct owner *o, unsigned i, void *block, size_t size)
{
    o->block[i] = block;
    o->size[i] = size;
    *(block ? &o->allocs : &o->failures) += 1;
}

static uint32_t chance(struct owner *o, uint32_t n)
{
    o->random = o->random * 1664525u + 1013904223u;
    return (o->random >> 16) % n;
}

void bare_keep(void *block, size_t size)
{
    unsigned i = 0;
    while (owners[OBJECTS].block[i])
        i++;
    keep(&owners[OBJECTS], i, block, size);
}

void bare_drop(const void *block)
{
    unsigned i = 0;
    while (owners[OBJECTS].block[i] != block)
        i++;
    owners[OBJECTS].block[i] = NULL;
    owners[OBJECTS].frees++;
}

/* --- start-up ------------------------------------------------------------------------------------------------ */

static void make_memory(void)
{
    static const struct standin_region regions[SYSTEM_REGIONS] = {
        [SYSTEM_DRAM] = {96 << 10,
                         MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT | NEWEST,
                         false},
        [SYSTEM_DIRAM] = {32 << 10, MALLOC_CAP_EXEC | MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL, false},
        [SYSTEM_RTC] = {8 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_RTCRAM, false},
        [SYSTEM_PSRAM] = {256 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT, false},
        [SYSTEM_STACK] = {16 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT | LATE,
                          .late = true},
    };
    standin_make(regions, SYSTEM_REGIONS);
    standin_always_internal(16384);
}

/* Before the component is ready: in its first snapshot. */
ESP_SYSTEM_INIT_FN(something_early, CORE, BIT(0), 110)
{
    keep(&owners[STARTUP], 0, __wrap_malloc(100), 100);
    owners[STARTUP].allocs = 0;
    return ESP_OK;
}

/* The scheduler says that it runs, and no task does. */
static __attribute__((noinline)) void port_starts_its_tick(void)
{
    keep(&owners[STARTUP], 1, __wrap_malloc(60), 60);
    keep(&owners[STARTUP], 2, heap_caps_malloc(44, MALLOC_CAP_INTERNAL), 44);
}

/* Keeps a call from being a jump at its function's end: its return address is to be in there. */
static inline void *stay(void *block)
{
    __asm__ volatile("" : "+r"(block));
    return block;
}

/* --- at work -------------------------------------------------------------------------------------------------- */

static __attribute__((noinline)) void *sensor_reads(struct owner *o, size_t size)
{
    static const uint32_t caps[] = {MALLOC_CAP_8BIT,
                                    MALLOC_CAP_DMA,
                                    MALLOC_CAP_SPIRAM,
                                    MALLOC_CAP_EXEC,
                                    MALLOC_CAP_RTCRAM,
                                    NEWEST,
                                    MALLOC_CAP_DMA | MALLOC_CAP_DMA_DESC_AHB,
                                    MALLOC_CAP_8BIT | MALLOC_CAP_CACHE_ALIGNED};
    uint32_t which = caps[chance(o, 6)];
    switch (chance(o, 6)) {
    case 0: return stay(heap_caps_malloc(size, which));
    case 1: return stay(heap_caps_calloc(1, size, which));
    case 2: return stay(heap_caps_malloc_prefer(size, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA, MALLOC_CAP_8BIT));
    case 3: return stay(heap_caps_aligned_calloc(16, 1, size, MALLOC_CAP_8BIT));
    case 4: return stay(__wrap_memalign(32, size));
    default: return stay(heap_caps_malloc(size, MALLOC_CAP_8BIT | caps[7]));
    }
}

static __attribute__((noinline)) void *network_receives(struct owner *o, size_t size)
{
    return stay(chance(o, 3) ? __wrap_malloc(size) : __wrap_calloc(1, size));
}

static __attribute__((noinline)) void display_frees(void *block)
{
    __wrap_free(block);
    stay(NULL);
}

static __attribute__((noinline)) void resize(struct owner *o, unsigned i, size_t size)
{
    void *now = chance(o, 2)   ? __wrap_realloc(o->block[i], size)
                : chance(o, 2) ? heap_caps_realloc(o->block[i], size, MALLOC_CAP_8BIT)
                               : heap_caps_realloc_prefer(o->block[i], size, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_INTERNAL);
    if (!now) {
        o->failures++;
        return;
    }
    o->block[i] = now;
    o->size[i] = size;
    o->resizes++;
}

static void step(struct owner *o)
{
    unsigned i = chance(o, BLOCKS);
    size_t size = 1 + chance(o, chance(o, 6) ? 80 : 2500);
    if (!o->block[i]) {
        keep(o, i, o == &owners[0] ? sensor_reads(o, size) : network_receives(o, size), size);
    } else if (chance(o, 3)) {
        display_frees(o->block[i]);
        o->block[i] = NULL;
        o->frees++;
    } else {
        resize(o, i, size);
    }
}

static __attribute__((noinline)) void *timer_interrupt_allocates(size_t size)
{
    return stay(heap_caps_malloc(size, MALLOC_CAP_8BIT));
}

/* An interrupt frees what it has, and allocates the next. */
static void on_interrupt(void)
{
    struct owner *o = &owners[ISR];
    unsigned i = chance(o, BLOCKS);
    if (o->block[i]) {
        heap_caps_free(o->block[i]);
        o->block[i] = NULL;
        o->frees++;
    } else {
        size_t size = 4 + chance(o, 60);
        keep(o, i, timer_interrupt_allocates(size), size);
    }
}

#define STEPS 350u
static void sensor_task(void)
{
    for (unsigned i = 0; i < STEPS; i++) {
        step(&owners[0]);
        if (i % 7 == 0)
            bare_yield();
    }
}

static void network_task(void)
{
    for (unsigned i = 0; i < STEPS; i++) {
        step(&owners[1]);
        bare_yield();
    }
}

/* A request that is left by longjmp, as others are by a C++ exception: who asks next is not it. */
static jmp_buf given_up;
static void on_failed(size_t size, uint32_t caps, const char *function)
{
    (void)size, (void)caps, (void)function;
    owners[2].failures++;
    longjmp(given_up, 1);
}

static __attribute__((noinline)) void gives_up(void)
{
    heap_caps_register_failed_alloc_callback(on_failed);
    if (!setjmp(given_up))
        stay(heap_caps_malloc(1u << 22, MALLOC_CAP_8BIT));
}

static void ignore_failed(size_t size, uint32_t caps, const char *function) { (void)size, (void)caps, (void)function; }

/* A lock's first use makes its mutex. */
static __attribute__((noinline)) void takes_lock(struct owner *o)
{
    unsigned i = 1;
    while (o->block[i])
        i++;
    keep(o, i, stay(xQueueCreateMutex(1)), BARE_MUTEX);
    vPortFree(o->block[i]);
    o->block[i] = NULL;
    o->frees++;
}

/* What code in internal RAM may make while there is no flash. */
static __attribute__((noinline)) void makes_objects(struct owner *o)
{
    void *object[4] = {xQueueCreateCountingSemaphore(4, 0), xTimerCreate(NULL, 1, 0, NULL, NULL)};
    if (!xTaskCreate(NULL, NULL, 0, NULL, 0, &object[2]) || !xTaskCreatePinnedToCore(NULL, NULL, 0, NULL, 0, &object[3], 0))
        o->failures++;
    for (unsigned i = 0; i < 4; i++) {
        o->allocs++;
        vPortFree(stay(object[i]));
        o->frees++;
    }
}

/* The main task: late heaps, then a while without flash, in the midst of which interrupts come. */
static void main_task(void)
{
    for (unsigned i = 0; i < STEPS; i++) /* the others' work first: the trace has gone round then, if it is small */
        bare_yield();
    gives_up();
    heap_caps_register_failed_alloc_callback(ignore_failed);
    heap_caps_enable_nonos_stack_heaps();
    struct owner *o = &owners[2];
    keep(o, 0, heap_caps_malloc(48, LATE), 48);
    if (objects_work)
        objects_work();
    heapstrata_mark("flash off");
    bare_cache(false);
    hs_state = HS_STATE_KEYFRAME_DUE; /* it has to wait: heaps are walked by code in flash */
    takes_lock(o);
    makes_objects(o);
    for (unsigned i = 0; i < STEPS; i++)
        step(o);
    bare_cache(true);
    heapstrata_mark("flash on");
    void *refused = heap_caps_malloc(1u << 20, MALLOC_CAP_DMA | MALLOC_CAP_DMA_DESC_AHB);
    o->failures += !refused;
}

void app_main(void)
{
    static void (*const tasks[BARE_TASKS])(void) = {sensor_task, network_task, main_task};
    bare_run_tasks(tasks);
}

/* --- what it costs ------------------------------------------------------------------------------------------------ */

#define ROUNDS 64u
static void cost(const char *what, void *(*allocate)(size_t size, uint32_t caps), void (*free_it)(void *block))
{
    uint32_t before = bare_instructions();
    for (unsigned i = 0; i < ROUNDS; i++)
        free_it(allocate(40, MALLOC_CAP_8BIT));
    printf("I %s %lu\n", what, (unsigned long)((bare_instructions() - before) / ROUNDS));
}

static void costs(void)
{
    cost("bare", __real_heap_caps_malloc, __real_heap_caps_free);
    cost("stopped", heap_caps_malloc, heap_caps_free);
    heapstrata_start();
    cost("warm", heap_caps_malloc, heap_caps_free);
    cost("recording", heap_caps_malloc, heap_caps_free);
    heapstrata_stop();
}

static void does_nothing(void) {}
static void costs_in_a_task(void)
{
    static void (*const tasks[BARE_TASKS])(void) = {costs, does_nothing, does_nothing};
    bare_run_tasks(tasks);
}

/* --- the end -------------------------------------------------------------------------------------------------------- */

static void write_truth(void)
{
    unsigned long allocs = 0, frees = 0, resizes = 0, failures = 0;
    for (const struct owner *o = owners; o < owners + OWNERS; o++) {
        allocs += o->allocs;
        frees += o->frees;
        resizes += o->resizes;
        failures += o->failures;
    }
    printf("C %lu %lu %lu %lu\n", allocs, frees, resizes, failures);
    for (unsigned t = 0; t < OWNERS; t++)
        for (unsigned i = 0; i < BLOCKS; i++)
            if (owners[t].block[i])
                printf("T %lu %lu\n", (unsigned long)(uintptr_t)owners[t].block[i], (unsigned long)owners[t].size[i]);
}

int main(void)
{
    for (unsigned i = 0; i < OWNERS; i++)
        owners[i].random = 7 * i + 1;
    make_memory();
    bare_constructors();
    bare_init_functions();
    port_starts_its_tick();
    bare_zeros_in_section = 0;
    bare_interrupts(on_interrupt, 40);
    app_main();
    bare_interrupts(NULL, 0);
    heapstrata_mark("end");
    heapstrata_dump();
    write_truth();
    printf("Z %lu\n", (unsigned long)bare_zeros_in_section);
    costs_in_a_task();
    return heapstrata_works() ? 0 : 1;
}
