/* SPDX-License-Identifier: MIT
 *
 * Records the reference graph as the collector sees it, so that a reader knows why blocks are live.
 */
#ifndef HS_MP_REFS_H
#define HS_MP_REFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "firmware-hooks/micropython/mp_parts.h"
#include "firmware-hooks/ports/hook_port.h"

enum hs_refs_when {
    HS_REFS_AT_MARK = 1, /* after every mark */
    HS_REFS_AT_FAIL = 2, /* the default: after a failed allocation, unless the heap is locked or the stack has no room, at most
                            HS_REFS_FAILS times in a stream, and that many in a ring at one time. In a ring they take, with the
                            snapshot and the names of globals, at most a third of it: the events before the failure are as
                            important */
};

#ifndef HS_REFS_FAILS
#define HS_REFS_FAILS 8
#endif

/* Records the allocation table, the roots, the call frames, the modules' globals by name and the references of every live
 * block. It marks, frees and allocates nothing. Returns 0; or, if the references need more than half of the ring, their
 * bytes, and records nothing (a stream has no such limit). Not ISR safe. */
uint32_t hs_mp_refs(void);

/* Sets when to record the graph automatically: `words` are "mark", "fail", both, with commas or spaces between them, or "". False,
 * and nothing is set, if there is another word, or in a build without references. */
bool hs_mp_refs_when(const char *words);

/* Call after a mark, and after a failed allocation of so many bytes. A small one that follows another at once records nothing. */
void hs_mp_refs_mark(void);
void hs_mp_refs_fail(size_t bytes);

/* Call when the trace is erased, and at a soft reset: what was recorded before does not count. */
void hs_mp_refs_forget(void);

/* If a word is the address of a live block's head: the block's granule, else HS_POS_IMPLIED; the block's bytes, else 0. */
uint32_t hs_mp_head(uintptr_t word);
size_t hs_mp_bytes_at(const void *head);

/* While the roots are scanned: write FRAME and CODE records of the call frames whose addresses are in a range of words. */
void hs_mp_frames_begin(void);
void hs_mp_frames_in(const uintptr_t *at, const uintptr_t *end);

/* If other threads scan their stacks in a signal handler, the lock is already held while roots are scanned. */
#ifdef HS_PORT_GC_SIGNALS
#define HS_MP_RECORD_WALKING hs_record_locked
#else
#define HS_MP_RECORD_WALKING hs_record
#endif

/* Replaces gc_collect_start while the roots are scanned: see hs_mp_walk_roots in mp_hooks.h. */
void hs_mp_refs_state(void);

#endif
