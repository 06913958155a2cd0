/* SPDX-License-Identifier: MIT
 *
 * The heap behind malloc() of a C library: newlib/, newlib-nano/, picolibc/ or pico-sdk/. A firmware links one of them.
 */
#ifndef HS_C_HEAP_H
#define HS_C_HEAP_H

#include "lib/heap.h"

/* For the firmware's table of heaps. Its functions may be called wherever malloc() may be called. */
extern const struct hs_heap hs_c_heap;

/* The next request to the C heap is made for `caller`: for functions that call malloc() or free() for others, such as operator
 * new. Call it from a function that calls malloc() or free() next. If that request does not come, a later request from
 * elsewhere is not affected. ISR safe. */
void hs_c_heap_asked_by(uintptr_t caller);

#endif
