/* SPDX-License-Identifier: MIT
 *
 * A program that loses memory over two days, on the stand-in, with the trace in 4 KB of RTC memory.
 *
 *     leaks TRUTH
 *
 * Two tasks allocate and free all the time. One loses 40 bytes an hour, the other 100 bytes in each of the hours 10 to 19;
 * caches are kept for five hours. Each hour has a mark. It prints the trace as a board does, and writes into TRUTH how many
 * bytes each function still has, "name bytes blocks" a line.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"

void *__wrap_malloc(size_t size);
void __wrap_free(void *block);
void heapstrata_init(void);
void app_main(void);
void app_main(void) {}

#define HOURS 48u
#define FIRST 10u /* hours in which sessions are lost */
#define LAST 19u
#define KEPT 5u
#define TRANSIENT 3000u

static unsigned hour;
static pthread_barrier_t begins, ends;

/* Keeps a call from being a jump at its function's end: its return address is to be in there. */
static inline void *stay(void *block)
{
    __asm__ volatile("" : "+r"(block));
    return block;
}

__attribute__((noinline)) static void parser_keeps(void) { stay(__wrap_malloc(40)); }
__attribute__((noinline)) static void session_opens(void) { stay(heap_caps_malloc(100, MALLOC_CAP_SPIRAM)); }
__attribute__((noinline)) static void *cache_fills(void) { return stay(__wrap_malloc(200)); }
__attribute__((noinline)) static void *packet_comes(unsigned i) { return stay(__wrap_malloc(16 + i % 700)); }

static void packets(void)
{
    void *last[4] = {NULL};
    for (unsigned i = 0; i < TRANSIENT; i++) {
        __wrap_free(last[i % 4]);
        last[i % 4] = packet_comes(i);
    }
    for (unsigned i = 0; i < 4; i++)
        __wrap_free(last[i]);
}

static void *network(void *unused)
{
    system_task_name = "network";
    for (;;) {
        pthread_barrier_wait(&begins);
        if (hour == HOURS)
            return unused;
        packets();
        parser_keeps();
        pthread_barrier_wait(&ends);
    }
}

static void *screen(void *unused)
{
    void *cache[KEPT] = {NULL};
    system_task_name = "screen";
    for (;;) {
        pthread_barrier_wait(&begins);
        if (hour == HOURS)
            return unused;
        packets();
        if (hour >= FIRST && hour <= LAST)
            session_opens();
        __wrap_free(cache[hour % KEPT]);
        cache[hour % KEPT] = cache_fills();
        pthread_barrier_wait(&ends);
    }
}

static void an_hour(void)
{
    char label[16];
    snprintf(label, sizeof label, "hour %u", hour);
    heapstrata_mark(label);
    pthread_barrier_wait(&begins);
    pthread_barrier_wait(&ends);
    system_clock_ahead += INT64_C(3600000000);
}

static void make_memory(void)
{
    static const struct standin_region regions[] = {
        {160 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, false},
        {64 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_SPIRAM, false},
    };
    standin_make(regions, 2);
    standin_always_internal(16384);
}

int main(int argc, char **argv)
{
    pthread_t tasks[2];
    make_memory();
    heapstrata_init();
    if (argc != 2 || !heapstrata_level(HEAPSTRATA_SUMMARY, 0))
        return 2;
    heapstrata_start();
    pthread_barrier_init(&begins, NULL, 3);
    pthread_barrier_init(&ends, NULL, 3);
    pthread_create(&tasks[0], NULL, network, NULL);
    pthread_create(&tasks[1], NULL, screen, NULL);
    for (hour = 0; hour < HOURS; hour++)
        an_hour();
    pthread_barrier_wait(&begins);
    pthread_join(tasks[0], NULL);
    pthread_join(tasks[1], NULL);
    heapstrata_mark("two days");
    FILE *truth = fopen(argv[1], "w");
    fprintf(truth, "parser_keeps %u %u\nsession_opens %u %u\ncache_fills %u %u\n", 40 * HOURS, HOURS, 100 * (LAST - FIRST + 1),
            LAST - FIRST + 1, 200 * KEPT, KEPT);
    fclose(truth);
    heapstrata_dump();
    return 0;
}
