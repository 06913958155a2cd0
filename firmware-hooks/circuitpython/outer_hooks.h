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

#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"

#ifndef HS_OUTER_REGION
#define HS_OUTER_REGION 60
#endif

/* 0: a port's own heap (espressif), whose layout is not known here. */
#ifndef HS_OUTER_TLSF
#define HS_OUTER_TLSF 1
#endif

/* Defined by the interpreter's hook: what is running, and who asks. */
struct hs_key hs_outer_key(uintptr_t caller);

/* Where the heap lies and how long it is, in granules. Called before anything is recorded. */
void hs_outer_begin(void);
uint32_t hs_outer_granules(void);

/* Whether any byte of the heap lies in a piece of memory. */
bool hs_outer_has(struct hs_span memory);

/* Parts of a keyframe, and figures at levels above "full". */
void hs_outer_region(void);
void hs_outer_snapshot(uint8_t part);
uint32_t hs_outer_keyframe_size(void);
void hs_outer_summary(uint8_t cause);

#endif
