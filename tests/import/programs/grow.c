/* SPDX-License-Identifier: MIT
 *
 * A program with a known heap: what is left at the end is printed on standard output, line by line.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP(pointer) ((void)*(void *volatile *)&(pointer)) /* no compiler may leave the call out */

static void *hold(size_t size)
{
    void *p = malloc(size); /* line: hold */
    KEEP(p);
    return p;
}

static void *hold_more(void *p, size_t size)
{
    void *q = realloc(p, size); /* line: more */
    KEEP(q);
    return q;
}

static void churn(unsigned times)
{
    void *kept[64] = {0};
    for (unsigned i = 0; i < times; i++) {
        free(kept[i % 64]);
        kept[i % 64] = malloc(16 + i * 37 % 4000); /* line: churn */
        KEEP(kept[i % 64]);
    }
    for (unsigned i = 0; i < 64; i++)
        free(kept[i]);
}

static void *thread(void *argument)
{
    unsigned times = (unsigned)(uintptr_t)argument;
    churn(times);
    for (unsigned i = 0; i < 10; i++)
        hold(1000 + i);
    return NULL;
}

static void many_kinds(void)
{
    void *a = calloc(7, 11), *b = memalign(256, 300), *c = NULL, *d = aligned_alloc(64, 128); /* line: kinds */
    int failed = posix_memalign(&c, 4096, 5000);
    KEEP(a), KEEP(b), KEEP(c), KEEP(d);
    void *big = malloc((size_t)64 << 20), *bigger = malloc((size_t)300 << 20); /* mapped */
    KEEP(big), KEEP(bigger);
    free(bigger);
    bigger = realloc(hold(10), (size_t)2 << 20); /* from the heap to a mapped block */
    KEEP(bigger);
    void *none = malloc(PTRDIFF_MAX); /* line: fails */
    KEEP(none);
    void *zero = malloc(0);
    KEEP(zero);
    free(zero); /* what is left of it is no block to Trace Compass */
    free(realloc(hold(100), 50));
    if (failed || none)
        exit(3);
}

int main(int argc, char **argv)
{
    unsigned times = argc > 1 ? (unsigned)atoi(argv[1]) : 1000, threads = argc > 2 ? (unsigned)atoi(argv[2]) : 2;
    pthread_t id[8];
    many_kinds();
    for (unsigned i = 0; i < threads && i < 8; i++)
        pthread_create(&id[i], NULL, thread, (void *)(uintptr_t)(times + i));
    churn(times);
    for (unsigned i = 0; i < threads && i < 8; i++)
        pthread_join(id[i], NULL);
    void *p = hold(1000);
    for (size_t size = 2000; size < 100000; size *= 2)
        p = hold_more(p, size);
    return 0;
}
