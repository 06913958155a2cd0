/* SPDX-License-Identifier: MIT
 *
 * A stand-in for sys_heap with its layout in memory (16-bit fields), and another way to find memory: first fit.
 */
#include <string.h>

#include <zephyr/sys/sys_heap.h>

#include <stdint.h>

struct z_heap {
    uint32_t header[2];
    uint32_t end;
    uint32_t more[21];
};
#define OWN (sizeof(struct z_heap) / 8)

static uint16_t *at(struct z_heap *h, uint32_t unit) { return (uint16_t *)(void *)((uint8_t *)h + 8 * unit); }
static uint32_t length(struct z_heap *h, uint32_t unit) { return at(h, unit)[1] >> 1; }
static int is_used(struct z_heap *h, uint32_t unit) { return at(h, unit)[1] & 1; }

static void set(struct z_heap *h, uint32_t unit, uint32_t units, int used)
{
    at(h, unit)[1] = (uint16_t)(units << 1 | (unsigned)used);
    at(h, unit + units)[0] = (uint16_t)units;
}

void sys_heap_init(struct sys_heap *heap, void *memory, size_t bytes)
{
    struct z_heap *h = heap->heap = memory;
    h->end = (uint32_t)(bytes - 4) / 8;
    set(h, 0, OWN, 1);
    set(h, OWN, h->end - OWN, 0);
    at(h, h->end)[1] = 1;
}

/* Merges the free chunk with the free ones behind it. */
static void merge(struct z_heap *h, uint32_t unit)
{
    while (unit + length(h, unit) < h->end && !is_used(h, unit + length(h, unit)))
        set(h, unit, length(h, unit) + length(h, unit + length(h, unit)), 0);
}

static void trim(struct z_heap *h, uint32_t unit, uint32_t units)
{
    uint32_t rest = length(h, unit) - units;
    if (rest) {
        set(h, unit + units, rest, 0);
        merge(h, unit + units);
    }
    set(h, unit, units, 1);
}

void *sys_heap_alloc(struct sys_heap *heap, size_t size)
{
    struct z_heap *h = heap->heap;
    uint32_t units = (uint32_t)(size + 4 + 7) / 8;
    for (uint32_t unit = OWN; size && size < 100000 && unit < h->end; unit += length(h, unit)) {
        if (is_used(h, unit))
            continue;
        merge(h, unit);
        if (length(h, unit) >= units) {
            trim(h, unit, units);
            return at(h, unit) + 2;
        }
    }
    return NULL;
}

/* As Zephyr: the call stays within this file, so a wrap of sys_heap_alloc does not see it. */
#ifndef OLDER
void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t size)
{
    (void)align;
    return sys_heap_alloc(heap, size);
}
#endif

static uint32_t unit_of(struct z_heap *h, void *block) { return (uint32_t)((uint8_t *)block - 4 - (uint8_t *)h) / 8; }

/* The block begins up to 4 bytes behind its chunk's header. */
void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t size)
{
    struct z_heap *h = heap->heap;
    uint8_t *block = sys_heap_alloc(heap, size + align);
    if (!block)
        return NULL;
    uint32_t unit = unit_of(h, block), end;
    block = (uint8_t *)(((uintptr_t)block + align - 1) & ~(uintptr_t)(align - 1));
    uint32_t now = unit_of(h, block);
    end = unit + length(h, unit);
    if (now > unit)
        set(h, unit, now - unit, 0);
    set(h, now, end - now, 1);
    trim(h, now, (uint32_t)(block + size - (uint8_t *)at(h, now) + 7) / 8);
    return block;
}

void sys_heap_free(struct sys_heap *heap, void *block)
{
    struct z_heap *h = heap->heap;
    if (block)
        set(h, unit_of(h, block), length(h, unit_of(h, block)), 0);
}

void *sys_heap_realloc(struct sys_heap *heap, void *old, size_t size)
{
    struct z_heap *h = heap->heap;
    if (!old)
        return sys_heap_alloc(heap, size);
    if (!size) {
        sys_heap_free(heap, old);
        return NULL;
    }
    uint32_t unit = unit_of(h, old), offset = (uint32_t)((uint8_t *)old - (uint8_t *)at(h, unit));
    uint32_t units = (uint32_t)(size + offset + 7) / 8;
    if (size < 100000 && units <= length(h, unit)) {
        trim(h, unit, units);
        return old;
    }
    void *block = sys_heap_alloc(heap, size);
    if (block) {
        memcpy(block, old, length(h, unit) * 8 - offset < size ? length(h, unit) * 8 - offset : size);
        sys_heap_free(heap, old);
    }
    return block;
}
