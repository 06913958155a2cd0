/* SPDX-License-Identifier: MIT
 *
 * Build-time settings, each a default that a firmware's build may override with -D.
 */
#ifndef HS_CONFIG_H
#define HS_CONFIG_H

/* -DHS_PORT_HEADER='"firmware-hooks/ports/port_cortexm.h"' names the header with the port's inline functions
 * (lib/port.h) and its own choice of what follows; without one they are ordinary functions. */
#ifdef HS_PORT_HEADER
#include HS_PORT_HEADER
#endif

/* 256: 1 KB of ROM, 6 instructions a byte; 16: 64 bytes of ROM, 10 instructions a byte. */
#ifndef HS_CRC_TABLE
#define HS_CRC_TABLE 256
#endif

/* Ticks of hs_port_ticks are divided by 2^HS_TICK_SHIFT before they are recorded. */
#ifndef HS_TICK_SHIFT
#define HS_TICK_SHIFT 0
#endif

/* 1: packets can leave through hs_port_write as they close (HS_RING_STREAM). */
#ifndef HS_STREAM
#define HS_STREAM 1
#endif

/* 0: leaves out the code for explicit places; all regions then follow a placement rule. 2: leaves out that for rules; all
 * places are explicit. */
#ifndef HS_EXPLICIT
#define HS_EXPLICIT 1
#endif

/* 1: events with explicit places are predicted from what the packet's events so far taught (lib/learned.h), where
 * hs_config.learned has the memory for it. */
#ifndef HS_LEARN
#define HS_LEARN 0
#endif

/* 1: a hook holds hs_port_lock when it calls hs_alloc, hs_free and hs_realloc, which do not take it again. */
#ifndef HS_EVENTS_LOCKED
#define HS_EVENTS_LOCKED 0
#endif

/* 1: sites carry the calling context (the whole Python stack). */
#ifndef HS_STACKS
#define HS_STACKS 0
#endif

/* Level that recording begins with: 1 full, 2 sampled, 3 summary. */
#ifndef HS_START_LEVEL
#define HS_START_LEVEL 1
#endif

/* Mean distance between two samples in bytes. */
#ifndef HS_SAMPLE_INTERVAL
#define HS_SAMPLE_INTERVAL 1024
#endif

/* Sites that a summary names one by one. */
#ifndef HS_TOP_SITES
#define HS_TOP_SITES 8
#endif

#endif
