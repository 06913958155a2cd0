/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/example/first_fit.h"

#include <string.h>

uint8_t ff_heap[FF_HEAP_SIZE] __attribute__((aligned(8)));

static struct ff_block *block_at(uint32_t offset) { return (struct ff_block *)(void *)(ff_heap + offset); }
static struct ff_block *header_of(void *block) { return (struct ff_block *)block - 1; }

static uint32_t bytes_for(size_t size)
{
    uint32_t bytes = ((uint32_t)size + (uint32_t)sizeof(struct ff_block) + 7) & ~7u;
    return bytes > FF_LEAST ? bytes : FF_LEAST;
}

void ff_init(void) { *block_at(0) = (struct ff_block){.bytes = FF_HEAP_SIZE}; }

/* Merges the free run at `offset` with the free runs that follow it. */
static void join(uint32_t offset)
{
    struct ff_block *run = block_at(offset);
    while (offset + run->bytes < FF_HEAP_SIZE && !block_at(offset + run->bytes)->used)
        run->bytes += block_at(offset + run->bytes)->bytes;
}

/* Allocates `bytes` of the free run at `offset`. A rest that is too small for a block becomes part of this block. */
static void *take(uint32_t offset, uint32_t bytes)
{
    struct ff_block *run = block_at(offset);
    if (run->bytes - bytes >= FF_LEAST) {
        *block_at(offset + bytes) = (struct ff_block){.bytes = run->bytes - bytes};
        run->bytes = bytes;
    }
    run->used = 1;
    return run + 1;
}

void *ff_malloc(size_t size)
{
    uint32_t bytes = size < FF_HEAP_SIZE ? bytes_for(size) : FF_HEAP_SIZE + 1;
    for (uint32_t at = 0; at < FF_HEAP_SIZE; at += block_at(at)->bytes) {
        if (block_at(at)->used)
            continue;
        join(at);
        if (block_at(at)->bytes >= bytes)
            return take(at, bytes);
    }
    return NULL;
}

void ff_free(void *block)
{
    if (block)
        header_of(block)->used = 0;
}

void *ff_realloc(void *block, size_t size)
{
    if (!block)
        return ff_malloc(size);
    uint32_t had = header_of(block)->bytes - (uint32_t)sizeof(struct ff_block);
    void *now = ff_malloc(size);
    if (now) {
        memcpy(now, block, size < had ? size : had);
        ff_free(block);
    }
    return now;
}
