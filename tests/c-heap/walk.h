/* SPDX-License-Identifier: MIT */
#ifndef TESTS_C_HEAP_WALK_H
#define TESTS_C_HEAP_WALK_H

#include <stdint.h>

#include "tests/c-heap/said.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints "block ADDRESS BYTES" for each block in use by the allocator's own structures: the address of its first byte, header
 * included. */
void walk_heap(void);

/* Called by work.c: before and after the work; before and after a mark; and at a mark, to print "held ADDRESS 0" for each block
 * that work.c does not know. */
void variant_start(void);
void variant_stop(void);
void variant_pause(void);
void variant_resume(void);
void variant_held(void);

#ifdef __cplusplus
}
#endif

#endif
