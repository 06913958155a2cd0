/* SPDX-License-Identifier: MIT
 *
 * The interpreter's heap of the stand-in: blocks are taken from its begin on and never collected.
 */
#include <string.h>

#include "py/gc.h"

#define GRANULE MICROPY_BYTES_PER_GC_BLOCK

enum { AT_FREE, AT_HEAD, AT_TAIL };

static size_t next_free;

static void set_kind(size_t block, unsigned kind)
{
    byte *entry = &MP_STATE_MEM(area).gc_alloc_table_start[block / 4];
    *entry = (byte)((*entry & ~(3u << 2 * (block % 4))) | kind << 2 * (block % 4));
}

static void lay_out(mp_state_mem_area_t *area, void *start, void *end)
{
    size_t blocks = (size_t)((char *)end - (char *)start) / (GRANULE + 1) / 8 * 8;
    memset(start, 0, (size_t)((char *)end - (char *)start));
    *area = (mp_state_mem_area_t){.gc_alloc_table_start = start, .gc_alloc_table_byte_len = blocks / 4};
    area->gc_finaliser_table_start = area->gc_alloc_table_start + blocks / 4;
    area->gc_collect_table_start = area->gc_finaliser_table_start + blocks / 8;
    area->gc_pool_end = (byte *)((uintptr_t)end / GRANULE * GRANULE);
    area->gc_pool_start = area->gc_pool_end - blocks * GRANULE;
}

void gc_init(void *start, void *end)
{
    lay_out(&MP_STATE_MEM(area), start, end);
    MP_STATE_MEM(gc_auto_collect_enabled) = 1;
    next_free = 0;
}

/* The new area is the list's last. */
void gc_add(void *start, void *end)
{
    mp_state_mem_area_t *area = start, *last = &MP_STATE_MEM(area);
    while (last->next)
        last = last->next;
    lay_out(area, area + 1, end);
    last->next = area;
}

void *gc_alloc(size_t n_bytes, unsigned int alloc_flags)
{
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    size_t head = next_free, n = (n_bytes + GRANULE - 1) / GRANULE;
    if (!n || head + n > area->gc_alloc_table_byte_len * 4)
        return NULL;
    for (size_t i = 0; i < n; i++)
        set_kind(head + i, i ? AT_TAIL : AT_HEAD);
    if (!(alloc_flags & GC_ALLOC_FLAG_DO_NOT_COLLECT))
        area->gc_collect_table_start[head / 8] |= (byte)(1u << head % 8);
    next_free += n;
    area->gc_last_used_block = next_free - 1;
    return area->gc_pool_start + head * GRANULE;
}

void gc_free(void *ptr)
{
    size_t block = ptr ? (size_t)((byte *)ptr - MP_STATE_MEM(area).gc_pool_start) / GRANULE : 0;
    if (!ptr)
        return;
    set_kind(block++, AT_FREE);
    for (; block < next_free && (MP_STATE_MEM(area).gc_alloc_table_start[block / 4] >> 2 * (block % 4) & 3) == AT_TAIL; block++)
        set_kind(block, AT_FREE);
}

bool gc_alloc_possible(void) { return MP_STATE_MEM(area).gc_pool_start != NULL; }
bool gc_ptr_on_heap(const void *ptr)
{
    for (mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = a->next)
        if ((const byte *)ptr >= a->gc_pool_start && (const byte *)ptr < a->gc_pool_end)
            return true;
    return false;
}

void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move) { return (void)ptr, (void)n_bytes, (void)allow_move, NULL; }
void gc_collect_start(void) {}
void gc_collect_root(void **ptrs, size_t len) { (void)ptrs, (void)len; }
void gc_collect_end(void) {}
void gc_info(gc_info_t *info) { (void)info; }
void gc_dump_info(const mp_print_t *print) { (void)print; }

/* All is freed. */
void gc_sweep_all(void) { memset(MP_STATE_MEM(area).gc_alloc_table_start, 0, MP_STATE_MEM(area).gc_alloc_table_byte_len); }
void gc_deinit(void)
{
    gc_sweep_all();
    memset(&MP_STATE_MEM(area), 0, sizeof MP_STATE_MEM(area));
}
