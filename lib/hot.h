/* SPDX-License-Identifier: MIT
 *
 * For sources of the recorder: functions that each event runs.
 */
#ifndef HS_HOT_H
#define HS_HOT_H

#define INLINE static inline __attribute__((always_inline))

#include "lib/hs_config.h"

/* Optimised for speed also in a firmware that is built for size. */
#if HS_WITH_SPEED && defined(__GNUC__) && !defined(__clang__)
#define HOT __attribute__((optimize("O2")))
#else
#define HOT
#endif

#endif
