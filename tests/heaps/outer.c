/* SPDX-License-Identifier: MIT
 *
 * An outer heap with TLSF's geometry, in front of each block a word with its size, no block of less than three words; first
 * fit, no more. It begins with a control structure and ends with a block of size 0.
 */
#include <stdint.h>
#include <string.h>

#include "lib/tlsf/tlsf.h"
#include "supervisor/port.h"
#include "supervisor/port_heap.h"

#define WORD sizeof(size_t)
#define CONTROL 512u
#define LEAST (3 * WORD)
#define USED 1u

static size_t memory[(4u << 20) / WORD];

uint32_t *port_heap_get_bottom(void) { return (uint32_t *)(void *)memory; }
uint32_t *port_heap_get_top(void) { return (uint32_t *)(void *)memory + sizeof memory / sizeof(uint32_t); }

static size_t *header_of(void *block) { return (size_t *)block - 1; }
static size_t size_of(const size_t *header) { return *header & ~(size_t)USED; }
static size_t *next_of(size_t *header) { return header + 1 + size_of(header) / WORD; }

static size_t *first(void)
{
    size_t *header = memory + CONTROL / WORD;
    if (!*header)
        *header = sizeof memory - CONTROL - 2 * WORD; /* the last word stays 0: the end */
    return header;
}

pool_t tlsf_get_pool(tlsf_t tlsf) { return (char *)tlsf + CONTROL; }
size_t tlsf_block_size(void *block) { return size_of(header_of(block)); }
void tlsf_walk_pool(pool_t pool, tlsf_walker walker, void *user)
{
    (void)pool;
    for (size_t *h = first(); *h; h = next_of(h))
        walker(h + 1, size_of(h), *h & USED, user);
}

static size_t rounded(size_t size)
{
    size = (size + WORD - 1) & ~(WORD - 1);
    return size < LEAST ? LEAST : size;
}

/* A block gives what it does not need to a free one behind it, if that has room for a header and three words. */
static void cut(size_t *h, size_t size)
{
    size_t rest = size_of(h) - size;
    if (rest < WORD + LEAST)
        return;
    *h = size | (*h & USED);
    *next_of(h) = rest - WORD;
}

static void merge(void)
{
    for (size_t *h = first(); *h; h = next_of(h))
        while (!(*h & USED) && *next_of(h) && !(*next_of(h) & USED))
            *h += WORD + size_of(next_of(h));
}

void *port_malloc(size_t size, bool dma)
{
    (void)dma;
    for (size_t *h = first(); *h; h = next_of(h))
        if (!(*h & USED) && *h >= rounded(size)) {
            *h |= USED;
            cut(h, rounded(size));
            return h + 1;
        }
    return NULL;
}

/* In front of the block stays a free one; as TLSF it writes in the last word of that, and in the first two of what is free. */
void *tlsf_malloc_addr(tlsf_t tlsf, size_t size, void *address)
{
    (void)tlsf;
    for (size_t *h = first(); *h; h = next_of(h)) {
        size_t offset = (size_t)((char *)address - (char *)(h + 1));
        if ((char *)address < (char *)(h + 1) || offset + rounded(size) > size_of(h))
            continue;
        if (*h & USED || offset < WORD + LEAST)
            return NULL;
        size_t whole = size_of(h);
        *h = offset - WORD;
        *next_of(h) = whole - offset;
        h = next_of(h);
        *h |= USED;
        cut(h, rounded(size));
        return h + 1;
    }
    return NULL;
}

void *port_malloc_zero(size_t size, bool dma)
{
    void *block = port_malloc(size, dma);
    return block ? memset(block, 0, size) : NULL;
}

void port_free(void *block)
{
    *header_of(block) &= ~(size_t)USED;
    merge();
}

void *port_realloc(void *block, size_t size, bool dma)
{
    if (!block)
        return port_malloc(size, dma);
    if (!size) {
        port_free(block);
        return NULL;
    }
    if (tlsf_block_size(block) >= rounded(size)) {
        cut(header_of(block), rounded(size));
        merge();
        return block;
    }
    void *moved = port_malloc(size, dma);
    if (!moved)
        return NULL;
    memcpy(moved, block, tlsf_block_size(block));
    port_free(block);
    return moved;
}

/* What MicroPython asks before its heap grows. */
size_t gc_get_max_new_split(void);
size_t gc_get_max_new_split(void)
{
    size_t most = 0;
    for (size_t *h = first(); *h; h = next_of(h))
        most = !(*h & USED) && *h > most ? *h : most;
    return most;
}
