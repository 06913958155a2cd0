/* SPDX-License-Identifier: MIT
 *
 * As much of CircuitPython's interface as the hook needs.
 */
#ifndef STUB_PORT_HEAP_H
#define STUB_PORT_HEAP_H

#include <stdbool.h>
#include <stddef.h>

void *port_malloc(size_t size, bool dma);
void *port_malloc_zero(size_t size, bool dma);
void *port_realloc(void *block, size_t size, bool dma);
void port_free(void *block);

#endif
