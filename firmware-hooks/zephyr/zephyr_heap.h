/* SPDX-License-Identifier: MIT
 *
 * Zephyr's heaps: any sys_heap, so k_malloc's system heap, each k_heap, and malloc's heap where Zephyr's own malloc is used.
 */
#ifndef HS_ZEPHYR_HEAP_H
#define HS_ZEPHYR_HEAP_H

#include <zephyr/sys/sys_heap.h>

#include "lib/heap.h"

/* For the firmware's table of heaps. ISR safe, as sys_heap is under its user's lock. */
extern const struct hs_heap hs_zephyr_heap;

/* Records this heap from now on. Call it for each heap before the recorder starts, after sys_heap_init: kernel heaps are
 * initialised before main(). `name`, such as "zephyr/system", must stay valid; no two heaps have the same. Returns false if there
 * are more than HS_ZEPHYR_HEAPS. */
bool hs_zephyr_watch(struct sys_heap *heap, const char *name);

#endif
