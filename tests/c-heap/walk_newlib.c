/* SPDX-License-Identifier: MIT
 *
 * newlib: the free chunks are in 128 lists with two links each, __malloc_av_; its first list has the top chunk. All chunks in
 * the lists are free.
 */
#include "tests/c-heap/walk.h"

struct chunk {
    uint32_t before, size;
    struct chunk *next, *previous;
};
extern struct chunk *__malloc_av_[];
extern char *__malloc_sbrk_base;

#define LISTS 128

static int is_free(const struct chunk *chunk)
{
    for (uint32_t i = 1; i < LISTS; i++) {
        const struct chunk *list = (const struct chunk *)(void *)((char *)&__malloc_av_[2 * i + 2] - 8);
        for (const struct chunk *c = list->next; c != list; c = c->next)
            if (c == chunk)
                return 1;
    }
    return 0;
}

void walk_heap(void)
{
    uintptr_t at = ((uintptr_t)__malloc_sbrk_base + 7) & ~(uintptr_t)7;
    for (const struct chunk *c = (const struct chunk *)at; c != __malloc_av_[2];) {
        uint32_t size = c->size & ~3u;
        if (!is_free(c))
            show("block", (uintptr_t)&c->size, size);
        c = (const struct chunk *)(const void *)((const char *)c + size);
    }
}
