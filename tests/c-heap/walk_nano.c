/* SPDX-License-Identifier: MIT
 *
 * newlib-nano and picolibc: all chunks from the start of the heap, without those of the free list. A chunk is its size, then
 * the link to the next free one.
 */
#include "tests/c-heap/walk.h"

#include <unistd.h>

struct malloc_chunk {
    uint32_t size;
    struct malloc_chunk *next;
};
extern struct malloc_chunk *__malloc_free_list;
extern char *__malloc_sbrk_start;

static int is_free(uintptr_t chunk)
{
    for (const struct malloc_chunk *link = __malloc_free_list; link; link = link->next)
        if ((uintptr_t)link == chunk)
            return 1;
    return 0;
}

void walk_heap(void)
{
    uintptr_t end = (uintptr_t)sbrk(0), at = ((uintptr_t)__malloc_sbrk_start + 3) & ~(uintptr_t)3;
    for (; at < end; at += *(const uint32_t *)at)
        if (!is_free(at))
            show("block", at, *(const uint32_t *)at);
}
