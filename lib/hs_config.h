/* SPDX-License-Identifier: MIT
 *
 * Build-time settings, each a default that a firmware's build may override with -D.
 */
#ifndef HS_CONFIG_H
#define HS_CONFIG_H

/* -DHS_PORT_HEADER='"firmware-hooks/ports/port_cortexm.h"' names a header with the port's functions (lib/port.h) as inline
 * functions; it may also define the settings below. Without it they are ordinary functions. */
#ifdef HS_PORT_HEADER
#include HS_PORT_HEADER
#endif

/* Entries of the CRC table. 256: 1 KB of ROM, 6 instructions per byte; 16: 64 bytes of ROM, 10 instructions per byte. */
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 256
#endif

/* 1: numbers of one byte and of two are written without a branch, for cores on which a branch that is predicted wrong is dear.
 * The records are the same. */
#ifndef HS_BRANCHLESS
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#define HS_BRANCHLESS 1
#else
#define HS_BRANCHLESS 0
#endif
#endif

/* Ticks of hs_port_ticks are divided by 2^HS_TICK_SHIFT before they are recorded. */
#ifndef HS_TICK_SHIFT
#define HS_TICK_SHIFT 0
#endif

/* 1: packets can be sent with hs_port_write when they close (HS_RING_STREAM). */
#ifndef HS_STREAM
#define HS_STREAM 1
#endif

/* 0: no code for explicit places; all regions must then follow a placement rule. 2: no code for placement rules; all places
 * must be explicit. 1: code for both. */
#ifndef HS_EXPLICIT
#define HS_EXPLICIT 1
#endif

/* 1: events with explicit places are predicted from what the packet's events so far taught (lib/learned.h), where
 * hs_config.learned has the memory for it. */
#ifndef HS_LEARN
#define HS_LEARN 0
#endif

/* 1: a hook holds hs_port_lock when it calls hs_alloc, hs_free or hs_realloc; these then do not take it. Needs HS_PENDING 0. */
#ifndef HS_EVENTS_LOCKED
#define HS_EVENTS_LOCKED 0
#endif

/* Bytes of the queue for records of interrupts during a section, a multiple of 8. 0: no queue; the port's lock masks interrupts
 * during a section. See lib/section.h. */
#ifndef HS_PENDING
#define HS_PENDING 0
#endif

/* 1: sites carry the calling context (the whole Python stack). */
#ifndef HS_STACKS
#define HS_STACKS 0
#endif

/* 0: what each event runs is compiled for size as well: 0.9 KB of ROM less, and more instructions an event. */
#ifndef HS_WITH_SPEED
#define HS_WITH_SPEED 1
#endif

/* 0: no code for levels other than "full" (lib/level.h). A start at another level is then an error. */
#ifndef HS_WITH_LEVELS
#define HS_WITH_LEVELS 1
#endif

/* Level at the start of recording: 1 full, 2 sampled, 3 summary. */
#ifndef HS_START_LEVEL
#define HS_START_LEVEL 1
#endif
#if !HS_WITH_LEVELS && HS_START_LEVEL != 1
#error "HS_START_LEVEL: without levels there is only 1, full"
#endif

/* Mean distance between two samples in bytes. */
#ifndef HS_SAMPLE_INTERVAL
#define HS_SAMPLE_INTERVAL 1024
#endif

/* The most sites that a summary names. */
#ifndef HS_TOP_SITES
#define HS_TOP_SITES 8
#endif

#endif
