/* SPDX-License-Identifier: MIT
 *
 * Properties of CircuitPython that MicroPython does not share. The hooks are compiled with this file or with
 * firmware-hooks/micropython/differences.h.
 *
 * CircuitPython's heap is small at first and grows by areas that it allocates from an outer heap (outer_hooks.c), like
 * MicroPython's with MICROPY_GC_SPLIT_HEAP_AUTO. Blocks without references are marked as such, and the collector does not
 * search them.
 */
#ifndef HS_MP_DIFFERENCES_H
#define HS_MP_DIFFERENCES_H

/* Needed for the options of the port and the board, which are tested below. */
#include "py/mpconfig.h"

#include "genhdr/mpversion.h"

#define HS_MP_SYSTEM "circuitpython " MICROPY_GIT_TAG

/* One bit per granule, in the same order as in the finaliser table. */
#if MICROPY_ENABLE_SELECTIVE_COLLECT
#define HS_MP_SCANS(area, granule) ((area)->gc_collect_table_start[(granule) / 8] >> (granule) % 8 & 1)
#else
#define HS_MP_SCANS(area, granule) true
#endif

/* m_malloc and MicroPython's other functions call the first of these inside their own file. */
#define HS_MP_MORE_MALLOCS \
    WRAP3(void *, m_malloc_helper, (size_t n, uint8_t flags), (n, flags)); \
    WRAP3(void *, m_malloc_without_collect, (size_t n), (n)); \
    WRAP3(void *, m_malloc_maybe_without_collect, (size_t n), (n));

/* HS_CP_RUNS 1: there is a supervisor, which knows why the interpreter was started. */
#if defined(HS_CP_RUNS) && HS_CP_RUNS
#include "firmware-hooks/circuitpython/cp_runs.h"
#define HS_MP_RUN_BEGINS(boot) hs_cp_run_begins(boot)
#define HS_MP_RECORD_FACTS() hs_cp_record_facts()
#define HS_MP_FACTS_SIZE HS_CP_FACTS_SIZE
#else
#define HS_MP_RUN_BEGINS(boot) (void)(boot)
#define HS_MP_RECORD_FACTS() (void)0
#define HS_MP_FACTS_SIZE 0u
#endif

#endif
