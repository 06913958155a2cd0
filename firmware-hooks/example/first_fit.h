/* SPDX-License-Identifier: MIT
 *
 * A small first-fit allocator, which the example's hook records. A real hook has no such file: it records the firmware's own
 * allocator. Not ISR safe; for one thread only.
 */
#ifndef EXAMPLE_FIRST_FIT_H
#define EXAMPLE_FIRST_FIT_H

#include <stddef.h>
#include <stdint.h>

#define FF_HEAP_SIZE 16384u
#define FF_LEAST 16u /* bytes of the smallest block, header included */

/* The header of each block and each free run. The next header is `bytes` after this one, a multiple of 8. */
struct ff_block {
    uint32_t bytes; /* this header included */
    uint32_t used;
};

extern uint8_t ff_heap[FF_HEAP_SIZE];

/* Empties the heap. Call before the other functions. */
void ff_init(void);

/* Like malloc, free and realloc of C, except that ff_realloc always moves the block. */
void *ff_malloc(size_t size);
void ff_free(void *block);
void *ff_realloc(void *block, size_t size);

#endif
