/* SPDX-License-Identifier: MIT
 *
 * A program with a small heap of first fit, seeded, for traces that a reader can follow.
 */
#ifndef TESTS_CORES_HEAP_H
#define TESTS_CORES_HEAP_H

#include <stdint.h>

/* An empty heap, as after a reset; `placement`: enum hs_placement, as in hs_config. */
void heap_start(uint32_t seed, uint8_t placement);

/* Does and records so many things; time goes on. */
void heap_work(uint32_t steps);

/* hs_config.keyframe. */
void heap_keyframe(void);

#endif
