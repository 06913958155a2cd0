/* SPDX-License-Identifier: MIT
 *
 * The outer heap of the stand-in, as in CircuitPython one file with the functions for objects in it; and other memory (PSRAM),
 * which requests get that the heap refuses. Blocks there are never allocated again.
 */
#define port_malloc inner_malloc
#define port_malloc_zero inner_malloc_zero
#define port_realloc inner_realloc
#define port_free inner_free
#include "tests/heaps/outer.c"
#undef port_malloc
#undef port_malloc_zero
#undef port_realloc
#undef port_free
#include "py/gc.h"
#include "py/obj.h"

void *port_malloc(size_t size, bool dma);
void *port_malloc_zero(size_t size, bool dma);
void port_free(void *block);
void *port_realloc(void *block, size_t size, bool dma);

/* --- other memory --- */

static char psram[32 << 20];
static size_t psram_used;

static bool in_psram(const void *block) { return (const char *)block >= psram && (const char *)block < psram + sizeof psram; }

void *port_malloc(size_t size, bool dma)
{
    void *block = inner_malloc(size, dma);
    size_t at = psram_used;
    if (block || size > sizeof psram - at)
        return block;
    psram_used += (size + 15) & ~(size_t)15;
    return psram + at;
}

void *port_malloc_zero(size_t size, bool dma)
{
    void *block = port_malloc(size, dma);
    return block ? memset(block, 0, size) : NULL;
}

void port_free(void *block)
{
    if (!in_psram(block))
        inner_free(block);
}

static void *moved(void *block, size_t size)
{
    void *now = port_malloc(size, false);
    memcpy(now, block, 16);
    port_free(block);
    return now;
}

void *port_realloc(void *block, size_t size, bool dma)
{
    void *now = block && in_psram(block) ? NULL : inner_realloc(block, size, dma);
    return now || !block || !size ? now : moved(block, size);
}

/* --- objects --- */

void *mp_obj_port_malloc_helper(size_t size, const mp_obj_type_t *type)
{
    mp_obj_base_t *base = port_malloc_zero(size, false);
    base->type = type;
    return base;
}

mp_obj_t mp_obj_new_port_tuple(size_t n, const mp_obj_t *items)
{
    static const mp_obj_base_t empty;
    struct tuple {
        mp_obj_base_t base;
        size_t len;
        mp_obj_t items[];
    } *tuple = n ? mp_obj_port_malloc_helper(sizeof *tuple + n * sizeof *items, NULL) : NULL;
    if (!n)
        return (mp_obj_t)(uintptr_t)&empty;
    tuple->len = n;
    memcpy(tuple->items, items, n * sizeof *items);
    return tuple;
}

void circuitpy_free_obj(mp_obj_t object)
{
    if (object == mp_const_none)
        return;
    if (gc_alloc_possible() && gc_ptr_on_heap(MP_OBJ_TO_PTR(object)))
        gc_free(MP_OBJ_TO_PTR(object));
    else
        port_free(MP_OBJ_TO_PTR(object));
}
