/* SPDX-License-Identifier: MIT
 *
 * Records CircuitPython's outer heap: port_malloc, port_malloc_zero, port_realloc, port_free. It has the areas of the
 * interpreter's heap, lwIP's blocks (CircuitPython 9.2.5 and later), and blocks that must outlive the interpreter.
 *
 * The region "outer" is all memory from port_heap_get_bottom() to port_heap_get_top(). If that heap is the supervisor's own
 * (TLSF; HS_OUTER_TLSF), a keyframe has its layout, so it also shows blocks that were allocated before recording started. A
 * site is the running Python line and the native caller, or lwIP's site.
 */
#ifndef HS_OUTER_HOOKS_H
#define HS_OUTER_HOOKS_H

#include "lib/heap.h"

/* 0: the port has a heap of its own (espressif), whose layout is not known. */
#ifndef HS_OUTER_TLSF
#define HS_OUTER_TLSF 1
#endif

/* For the firmware's table of heaps. Not ISR safe. */
extern const struct hs_heap hs_outer_heap;

#endif
