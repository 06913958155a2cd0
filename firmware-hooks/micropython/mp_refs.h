/* SPDX-License-Identifier: MIT
 *
 * What keeps blocks alive: the reference graph as the collector sees it.
 */
#ifndef HS_MP_REFS_H
#define HS_MP_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/ports/hook_port.h"

/* 0: leaves it out; saves some 2.7 KB of ROM. */
#ifndef HS_WITH_REFS
#define HS_WITH_REFS 1
#endif

enum hs_refs_when {
    HS_REFS_AT_MARK = 1, /* behind every mark */
    HS_REFS_AT_FAIL = 2, /* when an allocation failed, HS_REFS_FAILS times */
};

#ifndef HS_REFS_FAILS
#define HS_REFS_FAILS 8
#endif

/* Records the allocation table, the roots, the call frames, the modules' globals by name and what every live block
 * points at. Nothing is marked, freed or allocated: the heap is as it was. Returns 0; or the bytes that it would
 * take when the ring has no room for them, and records nothing; not with a stream. Not from an interrupt. */
uint32_t hs_mp_refs(void);

/* When to do so unasked: bits of enum hs_refs_when, from a text with "mark" and "fail" in it. */
void hs_mp_refs_when(const char *words);

/* A mark was passed; an allocation failed. */
void hs_mp_refs_mark(void);
void hs_mp_refs_fail(void);

/* Granule of the live block whose head a word is the address of, or HS_POS_IMPLIED; that block's bytes, or 0. */
uint32_t hs_mp_head(uintptr_t word);
size_t hs_mp_bytes_at(const void *head);

/* While the roots are walked: FRAME and CODE records of the call frames whose addresses stand in a range of words. */
void hs_mp_frames_begin(void);
void hs_mp_frames_in(const uintptr_t *at, const uintptr_t *end);

/* Where other threads go over their stacks in a signal handler, the lock is held while roots are walked. */
#ifdef HS_PORT_GC_SIGNALS
#define HS_MP_RECORD_WALKING hs_record_locked
#else
#define HS_MP_RECORD_WALKING hs_record
#endif

/* Instead of the collector's own work while the roots are walked: see mp_hooks.h, hs_mp_walk_roots. */
void hs_mp_refs_state(void);

#endif
