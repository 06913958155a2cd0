/* SPDX-License-Identifier: MIT
 *
 * The outer heap of the stand-in, as in CircuitPython one file with the functions for objects in it; and other memory (PSRAM),
 * which requests get that the heap refuses. Blocks there are never allocated again.
 */
#define port_malloc inner_malloc
#define port_malloc_zero inner_malloc_zero
#define port_realloc inner_realloc
#define port_free inner_free
#define tlsf_walk_pool inner_walk_pool
#include "tests/heaps/outer.c"
#undef port_malloc
#undef port_malloc_zero
#undef port_realloc
#undef port_free
#undef tlsf_walk_pool
#include "py/gc.h"
#include "py/obj.h"
#include "shared-bindings/microcontroller/__init__.h"

void *port_malloc(size_t size, bool dma);
void *port_malloc_zero(size_t size, bool dma);
void port_free(void *block);
void *port_realloc(void *block, size_t size, bool dma);

/* --- interrupts --- */

void (*standin_interrupt)(void);
static bool in_interrupt;
bool standin_in_interrupt(void);
bool standin_in_interrupt(void) { return in_interrupt; }

static unsigned masked;

/* If one is to come, it comes here, or when interrupts are no longer masked. */
static void interrupt(void)
{
    void (*handler)(void) = standin_interrupt;
    if (!handler || masked)
        return;
    standin_interrupt = NULL;
    in_interrupt = true;
    handler();
    in_interrupt = false;
}

void common_hal_mcu_disable_interrupts(void) { masked++; }
void common_hal_mcu_enable_interrupts(void)
{
    if (!--masked)
        interrupt();
}

/* The interrupt comes when the walk is at the last block. */
static bool count_one(void *block, size_t size, int used, void *n)
{
    (void)block, (void)size, (void)used;
    ++*(size_t *)n;
    return true;
}

struct walk {
    tlsf_walker walker;
    void *user;
    size_t left;
};

static bool see_one(void *block, size_t size, int used, void *context)
{
    struct walk *w = context;
    if (!--w->left)
        interrupt();
    return w->walker(block, size, used, w->user);
}

void tlsf_walk_pool(pool_t pool, tlsf_walker walker, void *user)
{
    struct walk w = {walker, user, 0};
    inner_walk_pool(pool, count_one, &w.left);
    inner_walk_pool(pool, see_one, &w);
}

/* --- other memory --- */

static char psram[32 << 20];
static size_t psram_used;

static bool in_psram(const void *block) { return (const char *)block >= psram && (const char *)block < psram + sizeof psram; }

void *port_malloc(size_t size, bool dma)
{
    void *block = inner_malloc(size, dma);
    size_t at = psram_used;
    interrupt();
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
    now = now || !block || !size ? now : moved(block, size);
    interrupt();
    return now;
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
