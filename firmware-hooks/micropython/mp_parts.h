/* SPDX-License-Identifier: MIT
 *
 * Parts that a firmware may do without, to need less ROM: each is 0 or 1, from HEAPSTRATA_WITHOUT of the build.
 * lib/hs_config.h has HS_WITH_LEVELS and HS_WITH_SPEED, which is no part of what is recorded.
 */
#ifndef HS_MP_PARTS_H
#define HS_MP_PARTS_H

#include "lib/hs_config.h"

/* Phases of imports: opened, parsed, compiled, run (mp_phases.c). */
#ifndef HS_WITH_PHASES
#define HS_WITH_PHASES 1
#endif

/* The reference graph (mp_refs.c, mp_frames.c). */
#ifndef HS_WITH_REFERENCES
#define HS_WITH_REFERENCES 1
#endif

/* stream() and poll() of the Python module (mp_stream.c). */
#ifndef HS_WITH_STREAMING
#define HS_WITH_STREAMING 1
#endif

/* track() of the Python module (mod_track.c). */
#ifndef HS_WITH_TRACK
#define HS_WITH_TRACK 1
#endif

/* The fact "without=": the names of the parts that this firmware does not have, each with a space before it. */
#if HS_WITH_LEVELS
#define HS_MP_NO_LEVELS
#else
#define HS_MP_NO_LEVELS " levels"
#endif
#if HS_WITH_PHASES
#define HS_MP_NO_PHASES
#else
#define HS_MP_NO_PHASES " phases"
#endif
#if HS_WITH_REFERENCES
#define HS_MP_NO_REFERENCES
#else
#define HS_MP_NO_REFERENCES " references"
#endif
#if HS_WITH_STREAMING
#define HS_MP_NO_STREAMING
#else
#define HS_MP_NO_STREAMING " streaming"
#endif
#if HS_WITH_TRACK
#define HS_MP_NO_TRACK
#else
#define HS_MP_NO_TRACK " track"
#endif
#if HS_WITH_LEVELS && HS_WITH_PHASES && HS_WITH_REFERENCES && HS_WITH_STREAMING && HS_WITH_TRACK
#define HS_MP_WITHOUT
#else
#define HS_MP_WITHOUT "\0without=" HS_MP_NO_LEVELS HS_MP_NO_PHASES HS_MP_NO_REFERENCES HS_MP_NO_STREAMING HS_MP_NO_TRACK
#endif

#endif
