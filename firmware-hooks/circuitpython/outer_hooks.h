/* SPDX-License-Identifier: MIT
 *
 * CircuitPython's outer heap under observation: port_malloc, port_malloc_zero, port_realloc, port_free. The interpreter's
 * heap takes its areas from it, lwIP its blocks (CircuitPython 9.2.5 and later), and what must outlive the interpreter.
 *
 * Region "outer", of the whole memory between port_heap_get_bottom() and port_heap_get_top(). Where that heap is the
 * supervisor's own (TLSF; HS_OUTER_TLSF), a keyframe has its layout, so that what was allocated before recording is
 * there too. A site is the Python line that was running, and the native caller; or lwIP's.
 */
#ifndef HS_OUTER_HOOKS_H
#define HS_OUTER_HOOKS_H

#include "lib/heap.h"

/* 0: a port's own heap (espressif), whose layout is not known here. */
#ifndef HS_OUTER_TLSF
#define HS_OUTER_TLSF 1
#endif

/* For the table of a firmware's heaps. */
extern const struct hs_heap hs_outer_heap;

#endif
