/* SPDX-License-Identifier: MIT
 *
 * picolibc's malloc, as of 1.8 (nano-malloc.c). The word before a block has the chunk's size, and the chunk begins there. The
 * blocks are aligned as picolibc was built, to 8 bytes on the machines seen; where it is 16, the map is right, too, but sizes
 * that were requested are rounded up. The free chunks are in a list in the order of addresses: a block's first word is the link.
 */
#include <sys/lock.h>
#include <unistd.h>

#define HS_C_HEAP_SHIFT 3
#define REAL(name) __real_##name
#include "firmware-hooks/c-heap/wraps.h"

WRAP(void *, aligned_alloc, (size_t alignment, size_t size))
ALLOCATES(REAL(aligned_alloc)(alignment, size), size)

#define WORD sizeof(size_t)
#define ALIGNMENT ((size_t)8)

extern char *__malloc_free_list;
extern char *__malloc_sbrk_start; /* NULL before the first request */
extern char *__malloc_sbrk_top;

static uint32_t size_at(uintptr_t at) { return (uint32_t) * (const size_t *)at; }

static uintptr_t brk_now(void) { return (uintptr_t)sbrk(0); }

static uintptr_t start(uintptr_t brk)
{
    return __malloc_sbrk_start ? (uintptr_t)__malloc_sbrk_start : ((brk + WORD + ALIGNMENT - 1) & ~(ALIGNMENT - 1)) - WORD;
}

static uintptr_t end_of_chunks(void) { return (uintptr_t)__malloc_sbrk_top; }

/* 1.8 links chunks, later sources link their blocks. Only blocks are aligned. */
static const void *linked(uintptr_t link) { return (const void *)(link % ALIGNMENT ? link : link - (link ? WORD : 0)); }

static const void *first_free(void) { return linked((uintptr_t)__malloc_free_list); }

static struct hs_c_chunk chunk_of(const void *block)
{
    uintptr_t at = (uintptr_t)block - WORD;
    return (struct hs_c_chunk){.start = at, .bytes = size_at(at)};
}

static struct hs_c_chunk chunk_at(uintptr_t at, const void **next_free)
{
    bool used = (uintptr_t)*next_free != at;
    if (!used)
        *next_free = linked(*(const uintptr_t *)(at + WORD));
    return (struct hs_c_chunk){.start = at, .bytes = size_at(at), .used = used};
}

static void lock(void) { __LIBC_LOCK(); }
static void unlock(void) { __LIBC_UNLOCK(); }

static const struct hs_c_allocator allocator = {
    .header = WORD + (ALIGNMENT - WORD) % ALIGNMENT,
    .least = ALIGNMENT,
    .brk = brk_now,
    .start = start,
    .end = end_of_chunks,
    .first_free = first_free,
    .chunk_of = chunk_of,
    .chunk_at = chunk_at,
    .lock = lock,
    .unlock = unlock,
};
