/* SPDX-License-Identifier: MIT
 *
 * newlib's own malloc (mallocr.c, after Doug Lea's). A chunk's size is in the word before the block; its lowest bit says whether
 * the chunk before is in use. The last word of a block is the first word of the next chunk's structure, so a block with its size
 * begins 4 bytes before the block (on a 32-bit machine). The highest chunk, "top", is free.
 */
#define HS_C_HEAP_SHIFT (sizeof(size_t) == 4 ? 3 : 4)
#include "firmware-hooks/c-heap/reentrant.h"

#define WORD sizeof(size_t)
#define ALIGNMENT (2 * WORD)
#define SIZE_BITS ((size_t)3)

extern char *__malloc_sbrk_base;     /* (char *)-1 before the first request */
extern const size_t *__malloc_av_[]; /* [2]: the top chunk */

/* The chunk's size word. Chunks are named by its address here; for newlib they begin one word before. */
static const size_t *word_at(uintptr_t at) { return (const size_t *)at; }

static bool begun(void) { return __malloc_sbrk_base != (char *)-1; }

static uintptr_t start(uintptr_t brk)
{
    uintptr_t first = begun() ? (uintptr_t)__malloc_sbrk_base : brk;
    return ((first + ALIGNMENT - 1) & ~(ALIGNMENT - 1)) + WORD;
}

static uintptr_t end_of_chunks(void) { return begun() ? (uintptr_t)__malloc_av_[2] + WORD : 0; }

static const void *first_free(void) { return NULL; }

static struct hs_c_chunk chunk_of(const void *block)
{
    uintptr_t at = (uintptr_t)block - WORD;
    return (struct hs_c_chunk){.start = at, .bytes = (uint32_t)(*word_at(at) & ~SIZE_BITS)};
}

static struct hs_c_chunk chunk_at(uintptr_t at, const void **next_free)
{
    struct hs_c_chunk chunk = chunk_of((const void *)(at + WORD));
    (void)next_free;
    if (chunk.bytes <= end_of_chunks() - at)
        chunk.used = *word_at(at + chunk.bytes) & 1;
    return chunk;
}

static const struct hs_c_allocator allocator = {
    .header = WORD,
    .least = 4 * WORD,
    .brk = hs_c_heap_brk,
    .start = start,
    .end = end_of_chunks,
    .first_free = first_free,
    .chunk_of = chunk_of,
    .chunk_at = chunk_at,
    .lock = hs_c_heap_lock,
    .unlock = hs_c_heap_unlock,
};
