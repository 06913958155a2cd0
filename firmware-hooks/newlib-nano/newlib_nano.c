/* SPDX-License-Identifier: MIT
 *
 * The malloc of newlib-nano (--specs=nano.specs). A chunk begins with its size and ends where the next one begins; all are
 * multiples of a pointer. The blocks are aligned to 8 bytes: where that leaves a gap after the size, the word before the block
 * has the negative offset of the chunk. The free chunks are in a list in the order of addresses.
 */
#define HS_C_HEAP_SHIFT (sizeof(void *) == 4 ? 2 : 3)
#include "firmware-hooks/c-heap/reentrant.h"

#define WORD sizeof(long)
#define PADDING (8 > sizeof(void *) ? 8 - sizeof(void *) : 0)

struct malloc_chunk {
    long size;
    struct malloc_chunk *next; /* of a free chunk */
};
extern struct malloc_chunk *__malloc_free_list;
extern char *__malloc_sbrk_start; /* NULL before the first request */

static const struct malloc_chunk *chunk_in(uintptr_t at) { return (const struct malloc_chunk *)at; }

static uintptr_t start(uintptr_t brk)
{
    uintptr_t first = __malloc_sbrk_start ? (uintptr_t)__malloc_sbrk_start : brk;
    return (first + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
}

static uintptr_t end_of_chunks(void) { return __malloc_sbrk_start ? hs_c_heap_brk() : 0; }

static const void *first_free(void) { return __malloc_free_list; }

static struct hs_c_chunk chunk_of(const void *block)
{
    uintptr_t at = (uintptr_t)block - WORD;
    if (chunk_in(at)->size < 0)
        at += (uintptr_t)chunk_in(at)->size;
    return (struct hs_c_chunk){.start = at, .bytes = (uint32_t)chunk_in(at)->size};
}

static struct hs_c_chunk chunk_at(uintptr_t at, const void **next_free)
{
    bool used = *next_free != chunk_in(at);
    if (!used)
        *next_free = chunk_in(at)->next;
    return (struct hs_c_chunk){.start = at, .bytes = (uint32_t)chunk_in(at)->size, .used = used};
}

static const struct hs_c_allocator allocator = {
    .header = WORD + PADDING,
    .least = WORD + sizeof(void *), /* memalign leaves out the padding */
    .brk = hs_c_heap_brk,
    .start = start,
    .end = end_of_chunks,
    .first_free = first_free,
    .chunk_of = chunk_of,
    .chunk_at = chunk_at,
    .lock = hs_c_heap_lock,
    .unlock = hs_c_heap_unlock,
};
