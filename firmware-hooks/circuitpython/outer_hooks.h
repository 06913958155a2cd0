/* SPDX-License-Identifier: MIT
 *
 * Records CircuitPython's outer heap: port_malloc, port_malloc_zero, port_realloc, port_free. It has the areas of the
 * interpreter's heap, lwIP's blocks (CircuitPython 9.2.5 and later), and blocks that must outlive the interpreter.
 *
 * The region "outer" is all memory from port_heap_get_bottom() to port_heap_get_top(). Memory that a port has besides (PSRAM,
 * SDRAM) is not recorded. If that heap is the supervisor's own
 * (TLSF; HS_OUTER_TLSF), a keyframe has its layout, so it also shows blocks that were allocated before recording started. A
 * site is the running Python line and the native caller, or lwIP's site.
 */
#ifndef HS_OUTER_HOOKS_H
#define HS_OUTER_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/heap.h"

/* 0: the port has a heap of its own (espressif), whose layout is not known. */
#ifndef HS_OUTER_TLSF
#define HS_OUTER_TLSF 1
#endif

/* For the firmware's table of heaps. Not ISR safe. */
extern const struct hs_heap hs_outer_heap;

/* --- for wraps of functions that allocate from this heap or free; none of them is ISR safe ------------------------------ */

#define HS_OUTER_CALLER ((uintptr_t)__builtin_return_address(0))

/* Begins such a function. Returns false if the real function's events are not to be recorded here: recording is off, or another
 * wrapped function is the outermost one. After true, call hs_outer_ends once the real function has returned. */
bool hs_outer_begins(void);
void hs_outer_ends(void);

/* Records a block of `size` requested bytes, or if `block` is NULL a failure. Blocks in other memory are not recorded. */
void hs_outer_took(uintptr_t caller, const void *block, size_t size);

/* Records that a block is about to be freed, which is not NULL. Blocks in other memory are not recorded. */
void hs_outer_frees(uintptr_t caller, const void *block);

/* The body of a wrap that returns a block. */
#define HS_OUTER_TAKE(size, real) \
    do { \
        if (!hs_outer_begins()) \
            return real; \
        void *taken = real; \
        hs_outer_ends(); \
        hs_outer_took(HS_OUTER_CALLER, taken, size); \
        return taken; \
    } while (0)

#endif
