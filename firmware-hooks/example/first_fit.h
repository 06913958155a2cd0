/* SPDX-License-Identifier: MIT
 *
 * A small first-fit allocator: what the example's hook records. A real hook has no such file: its allocator is the firmware's.
 * One thread, no interrupts.
 */
#ifndef EXAMPLE_FIRST_FIT_H
#define EXAMPLE_FIRST_FIT_H

#include <stddef.h>
#include <stdint.h>

#define FF_HEAP_SIZE 16384u
#define FF_LEAST 16u /* bytes of the smallest block, header included */

/* In front of each block and each free run; the next one follows `bytes` further on. All are multiples of 8 bytes. */
struct ff_block {
    uint32_t bytes; /* this header included */
    uint32_t used;
};

extern uint8_t ff_heap[FF_HEAP_SIZE];

/* Empties the heap. Before anything else. */
void ff_init(void);

/* As malloc, free and realloc of C. */
void *ff_malloc(size_t size);
void ff_free(void *block);
void *ff_realloc(void *block, size_t size);

#endif
