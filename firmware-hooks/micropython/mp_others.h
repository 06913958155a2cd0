/* SPDX-License-Identifier: MIT
 *
 * Heaps that stand in one trace with the interpreter's: lwIP's (-DHS_WITH_LWIP=1), CircuitPython's outer heap
 * (-DHS_WITH_OUTER=1) and ESP-IDF's heap_caps (-DHS_WITH_HEAP_CAPS=1), which the interpreter's areas lie in. Their places are told explicitly, and so are the interpreter's then.
 *
 * Numbers of granules: the outer heap's from 0, lwIP's behind it, the interpreter's areas from HS_MP_FIRST on.
 */
#ifndef HS_MP_OTHERS_H
#define HS_MP_OTHERS_H

#include "firmware-hooks/ports/room.h"
#include "lib/heapstrata.h"

#ifndef HS_WITH_LWIP
#define HS_WITH_LWIP 0
#endif
#ifndef HS_WITH_OUTER
#define HS_WITH_OUTER 0
#endif

#ifndef HS_WITH_HEAP_CAPS
#define HS_WITH_HEAP_CAPS 0
#endif

#define HS_MP_OTHERS (HS_WITH_LWIP || HS_WITH_OUTER || HS_WITH_HEAP_CAPS)

#if HS_MP_OTHERS
#define HS_MP_PLACEMENT HS_PLACE_EXPLICIT
#define HS_MP_ASKED     HS_FAIL_REGION(0) /* a failure is of this heap */

/* Where the interpreter's areas begin. */
uint32_t hs_mp_others_granules(void);
#define HS_MP_FIRST hs_mp_others_granules()

/* Parts of a keyframe, in front of the interpreter's. Whether there was anything to take a snapshot of. */
void hs_mp_others_regions(void);
bool hs_mp_others_snapshot(void);
uint32_t hs_mp_others_keyframe_size(void);

void hs_mp_others_summary(uint8_t cause);

/* What a site's `code` says that is no address of bytecode. False when it is one. */
bool hs_mp_others_describe(uintptr_t code, struct hs_place *place);

/* Before anything is recorded. */
void hs_mp_others_begin(void);

/* Whether one of them has the ring in it. */
bool hs_mp_others_overlap(struct hs_span ring);

#else
#define HS_MP_PLACEMENT HS_PLACE_MICROPYTHON
#define HS_MP_ASKED     0 /* there is no other heap */
#define HS_MP_FIRST 0
static inline void hs_mp_others_regions(void) {}
static inline bool hs_mp_others_snapshot(void) { return false; }
static inline uint32_t hs_mp_others_keyframe_size(void) { return 0; }
static inline void hs_mp_others_summary(uint8_t cause) { (void)cause; }
static inline bool hs_mp_others_describe(uintptr_t code, struct hs_place *place) { return (void)code, (void)place, false; }
static inline void hs_mp_others_begin(void) {}
static inline bool hs_mp_others_overlap(struct hs_span ring) { return (void)ring, false; }
#endif

#endif
