/* SPDX-License-Identifier: MIT
 *
 * MicroPython as CircuitPython has it: a heap that grows out of an outer one.
 */
#include <stdbool.h>
#include <stddef.h>

#define MICROPY_GC_SPLIT_HEAP 1
#define MICROPY_GC_SPLIT_HEAP_AUTO 1
#define MP_PLAT_ALLOC_HEAP(size) port_malloc(size, false)
#define MP_PLAT_FREE_HEAP(area) port_free(area)

void *port_malloc(size_t size, bool dma);
void port_free(void *block);
