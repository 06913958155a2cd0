/* SPDX-License-Identifier: MIT
 *
 * The heaps of a trace with an interpreter: the other heaps of the firmware, and the interpreter's, which is the last.
 */
#include "lib/heap.h"

#define HS_HEAP(heap) extern const struct hs_heap heap __attribute__((weak));
#include "firmware-hooks/heaps.def"
#undef HS_HEAP

extern const struct hs_heap hs_mp_heap;

const struct hs_heap *const hs_heaps[] = {
#define HS_HEAP(heap) &heap,
#include "firmware-hooks/heaps.def"
    &hs_mp_heap,
};
const uint8_t hs_n_heaps = sizeof hs_heaps / sizeof *hs_heaps;
