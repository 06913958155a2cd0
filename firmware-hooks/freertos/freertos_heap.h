/* SPDX-License-Identifier: MIT */
#ifndef HS_FREERTOS_HEAP_H
#define HS_FREERTOS_HEAP_H

#include "lib/heap.h"

/* The heap of pvPortMalloc, with heap_1, heap_2, heap_4 or heap_5, for the firmware's table of heaps. Start the recorder after
 * vPortDefineHeapRegions (heap_5). It allocates a byte at start, which heap_1 cannot free. Not ISR safe, as the kernel's heap. */
extern const struct hs_heap hs_freertos_heap;

#endif
