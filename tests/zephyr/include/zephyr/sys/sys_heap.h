/* SPDX-License-Identifier: MIT
 *
 * A stand-in for Zephyr's header.
 */
#ifndef STANDIN_ZEPHYR_SYS_HEAP_H
#define STANDIN_ZEPHYR_SYS_HEAP_H

#include <stddef.h>

struct z_heap;
struct sys_heap {
    struct z_heap *heap;
    void *init_mem;
    size_t init_bytes;
};

void sys_heap_init(struct sys_heap *heap, void *memory, size_t bytes);
void *sys_heap_alloc(struct sys_heap *heap, size_t size);
void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t size);
void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t size);
void *sys_heap_realloc(struct sys_heap *heap, void *old, size_t size);
void sys_heap_free(struct sys_heap *heap, void *block);

#endif
