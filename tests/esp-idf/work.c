/* SPDX-License-Identifier: MIT
 *
 * A program under the component, on the stand-in.
 *
 *     work OUT.trace TRUTH STEPS THREADS SEED [OPTION...]
 *
 * Each thread does random work on blocks of its own; at the end the blocks that are there are written to TRUTH, "address
 * bytes" a line, with counts of what was done in front. Options: `same` few small blocks, so that all threads use the same
 * addresses; `unordered` see system.h; `late` starts recording in the middle; `spill` takes all internal memory by malloc() in
 * the end, goes on, and prints how many of these blocks are external; `cache-off` a while in the midst of which the flash cache
 * is off; `sampled`, `summary` the level; `walks` prints how often the heaps were walked.
 */
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

#define BLOCKS 400

#ifdef CONFIG_HEAP_TASK_TRACKING
#define OWNER 4u     /* bytes of each block in front of what a program gets */
#define INTERRUPTS 0 /* ESP-IDF's tracking does not work in interrupts */
int heap_caps_alloc_all_task_stat_arrays(void **array);
void heap_caps_free_all_task_stat_arrays(void **array);
static void ask_for_figures(void)
{
    void *array;
    heap_caps_alloc_all_task_stat_arrays(&array);
    heap_caps_free_all_task_stat_arrays(&array);
}
#else
static void ask_for_figures(void) {}
#define OWNER 0u
#define INTERRUPTS 1
unsigned standin_entries(void (*each)(const void *entry, size_t size, void *context), void *context)
{
    (void)each, (void)context;
    return 0;
}
#endif

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);
void *__wrap_memalign(size_t alignment, size_t size);

static struct {
    uint64_t allocs, frees, reallocs, fails;
} done;
static struct {
    unsigned steps, threads, seed;
    bool same, late, spill, cache_off, sampled, summary, walks, no_psram;
} want;

/* --- the port of a stream that loses nothing -------------------------------------------------------------- */

#ifndef RING
static FILE *out;
static uint8_t image[256 << 10] __attribute__((aligned(8)));
portMUX_TYPE hs_esp_mux = portMUX_INITIALIZER_UNLOCKED;

bool hs_port_image(struct hs_config *config)
{
    config->memory = image;
    config->memory_size = sizeof image;
    config->packet_size = 16384;
    config->hz = 1000000;
    config->flags = HS_RING_STREAM;
    return false;
}
struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
bool hs_port_write(const void *data, uint32_t len) { return fwrite(data, 1, len, out) == len; }
uint8_t hs_port_memory_kind(const void *address)
{
    static const uint8_t kinds[] = {HS_MEMORY_INTERNAL, HS_MEMORY_INTERNAL, HS_MEMORY_RTC_FAST, HS_MEMORY_PSRAM,
                                    HS_MEMORY_INTERNAL};
    unsigned region = standin_region_of(address);
    return region < sizeof kinds ? kinds[region] : HS_MEMORY_UNKNOWN;
}
#endif

/* --- work -------------------------------------------------------------------------------------------------- */

struct worker {
    void *block[BLOCKS];
    size_t size[BLOCKS];
    uint64_t random;
    uint64_t allocs, frees, reallocs, fails;
    unsigned n_blocks;
    pthread_t thread;
};

static uint32_t chance(struct worker *w, uint32_t n)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((w->random >> 33) * (uint64_t)n >> 31);
}

static void pause_now(void)
{
    static __thread unsigned n;
    if (++n % 16 == 0)
        sched_yield();
}

static size_t some_size(struct worker *w)
{
    if (want.same)
        return 8 + 8 * chance(w, 3);
    return 1 + chance(w, chance(w, 8) ? 100 : chance(w, 10) ? 3000 : 60000);
}

static void *some_alloc(struct worker *w, size_t size)
{
    static const uint32_t caps[] = {
        MALLOC_CAP_8BIT, MALLOC_CAP_DMA,     MALLOC_CAP_INTERNAL, MALLOC_CAP_SPIRAM,
        MALLOC_CAP_EXEC, MALLOC_CAP_DEFAULT, MALLOC_CAP_RTCRAM,
    };
    uint32_t which = want.same ? MALLOC_CAP_8BIT : caps[chance(w, sizeof caps / sizeof *caps)];
    uint32_t prefer = which & MALLOC_CAP_EXEC ? MALLOC_CAP_8BIT : which;
    switch (want.same ? 1 : chance(w, 10)) {
    case 0: return __wrap_malloc(size);
    case 1: return heap_caps_malloc(size, which);
    case 2: return heap_caps_calloc(1, size, which);
    case 3: return heap_caps_aligned_alloc(4u << chance(w, 6), size, which & MALLOC_CAP_EXEC ? MALLOC_CAP_8BIT : which);
    case 4: return __wrap_calloc(1, size);
    case 5: return heap_caps_malloc_prefer(size, 2, MALLOC_CAP_SPIRAM | MALLOC_CAP_DMA, prefer);
    case 6: return heap_caps_calloc_prefer(1, size, 2, prefer, MALLOC_CAP_8BIT);
    case 7: return heap_caps_aligned_calloc(16, 1, size, prefer);
    case 8: return __wrap_memalign(8u << chance(w, 4), size);
    default: return __wrap_malloc(size);
    }
}

static void resize(struct worker *w, unsigned i)
{
    size_t size = some_size(w);
    void *now = chance(w, 2)   ? __wrap_realloc(w->block[i], size)
                : chance(w, 2) ? heap_caps_realloc(w->block[i], size, MALLOC_CAP_8BIT)
                               : heap_caps_realloc_prefer(w->block[i], size, 2, MALLOC_CAP_SPIRAM, MALLOC_CAP_INTERNAL);
    if (!now) {
        w->fails++;
        return;
    }
    w->block[i] = now;
    w->size[i] = size;
    w->reallocs++;
}

static void step(struct worker *w)
{
    unsigned i = chance(w, w->n_blocks);
    if (!w->block[i]) {
        w->size[i] = some_size(w);
        w->block[i] = some_alloc(w, w->size[i]);
        w->allocs += w->block[i] != NULL;
        w->fails += !w->block[i];
    } else if (chance(w, 4)) {
        if (chance(w, 2))
            __wrap_free(w->block[i]);
        else
            heap_caps_free(w->block[i]);
        w->block[i] = NULL;
        w->frees++;
    } else {
        resize(w, i);
    }
}

static struct worker *workers;

static void *work(void *memory)
{
    struct worker *w = memory;
    system_core = (int)(w - workers);
    for (unsigned i = 0; i < want.steps; i++) {
        system_in_interrupt = INTERRUPTS && !want.same && chance(w, 100) == 0;
        step(w);
        system_in_interrupt = false;
        if (i % 16 == 0)
            ask_for_figures();
    }
    return NULL;
}

static void all_work(void)
{
    standin_pause = pause_now;
    for (unsigned t = 0; t < want.threads; t++)
        pthread_create(&workers[t].thread, NULL, work, &workers[t]);
    for (unsigned t = 0; t < want.threads; t++)
        pthread_join(workers[t].thread, NULL);
    standin_pause = NULL;
}

static void make_workers(void)
{
    workers = calloc(want.threads, sizeof *workers);
    for (unsigned t = 0; t < want.threads; t++) {
        workers[t].random = want.seed * 1000u + t;
        workers[t].n_blocks = want.same ? 4 : BLOCKS / want.threads;
    }
}

static void write_entry(const void *entry, size_t size, void *file)
{
    fprintf(file, "%" PRIuPTR " %zu\n", (uintptr_t)entry, size);
}
static void skip_entry(const void *entry, size_t size, void *file) { (void)entry, (void)size, (void)file; }

static unsigned entries_before; /* freed before recording started */

static void forget_counts(void)
{
    entries_before = standin_entries(skip_entry, NULL);
    for (unsigned t = 0; t < want.threads; t++)
        workers[t].allocs = workers[t].frees = workers[t].reallocs = workers[t].fails = 0;
}

static void write_truth(const char *path)
{
    FILE *f = fopen(path, "w");
    for (unsigned t = 0; t < want.threads; t++) {
        done.allocs += workers[t].allocs;
        done.frees += workers[t].frees;
        done.reallocs += workers[t].reallocs;
        done.fails += workers[t].fails;
    }
    done.frees += standin_entries(skip_entry, NULL) - entries_before;
    fprintf(f, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", done.allocs, done.frees, done.reallocs, done.fails);
    for (unsigned t = 0; t < want.threads; t++)
        for (unsigned i = 0; i < workers[t].n_blocks; i++)
            if (workers[t].block[i])
                fprintf(f, "%" PRIuPTR " %zu\n", standin_plain(workers[t].block[i]) - OWNER, workers[t].size[i] + OWNER);
    standin_entries(write_entry, f);
    fclose(f);
}

/* malloc() prefers internal memory for blocks of this size: what comes when there is none is external. */
static void spill(void)
{
    unsigned outside = 0;
    for (unsigned i = 0; i < 80; i++) {
        void *block = __wrap_malloc(4000);
        outside += block && standin_region_of(block) == SYSTEM_PSRAM;
    }
    printf("%u\n", outside);
}

/* --- the program ------------------------------------------------------------------------------------------- */

static void make_memory(void)
{
    static const struct standin_region regions[SYSTEM_REGIONS] = {
        [SYSTEM_DRAM] = {160 << 10,
                         MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, false},
        [SYSTEM_DIRAM] = {64 << 10,
                          MALLOC_CAP_EXEC | MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL |
                              MALLOC_CAP_DEFAULT,
                          true},
        [SYSTEM_RTC] = {8 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_RTCRAM, false},
        [SYSTEM_PSRAM] = {1 << 20, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_SPIRAM | MALLOC_CAP_DEFAULT, false},
        [SYSTEM_STACK] = {16 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, .late = true},
    };
    standin_make(regions, want.no_psram ? SYSTEM_PSRAM : SYSTEM_REGIONS);
    standin_always_internal(16384);
}

void heapstrata_init(void);
void app_main(void);
void app_main(void) {}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    want.steps = (unsigned)strtoul(argv[3], NULL, 0);
    want.threads = (unsigned)strtoul(argv[4], NULL, 0);
    want.seed = (unsigned)strtoul(argv[5], NULL, 0);
    for (int i = 6; i < argc; i++) {
        want.same |= !strcmp(argv[i], "same");
        want.late |= !strcmp(argv[i], "late");
        want.spill |= !strcmp(argv[i], "spill");
        want.walks |= !strcmp(argv[i], "walks");
        want.no_psram |= !strcmp(argv[i], "no-psram");
        want.sampled |= !strcmp(argv[i], "sampled");
        want.summary |= !strcmp(argv[i], "summary");
        want.cache_off |= !strcmp(argv[i], "cache-off");
        system_without_order |= !strcmp(argv[i], "unordered");
    }
#ifndef RING
    out = fopen(argv[1], "wb");
    static char buffer[1 << 20];
    setvbuf(out, buffer, _IOFBF, sizeof buffer);
#endif
    make_memory();
    heapstrata_init(); /* one of the init functions, on a board */
    make_workers();
    if (want.late) {
        all_work();
        forget_counts();
    }
    if ((want.sampled && !heapstrata_level(HEAPSTRATA_SAMPLED, 512)) || (want.summary && !heapstrata_level(HEAPSTRATA_SUMMARY, 0)))
        return 2;
    heapstrata_start();
    if (!heapstrata_works())
        fprintf(stderr, "the self-test failed\n");
    done.fails += !standin_reserve(20000, MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL,
                                   MALLOC_CAP_DMA | MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    heap_caps_enable_nonos_stack_heaps();
    heapstrata_mark("work");
    all_work();
    if (want.cache_off) {
        system_cache_off = true;
        all_work();
        system_cache_off = false;
        all_work();
    }
    if (want.spill)
        spill();
    if (want.walks)
        printf("%u\n", standin_walks);
    heapstrata_mark("end");
    write_truth(argv[2]);
#ifdef RING
    heapstrata_dump();
#else
    heapstrata_stop();
    fclose(out);
#endif
    return 0;
}
