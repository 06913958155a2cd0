/* SPDX-License-Identifier: MIT
 *
 * What CircuitPython does differently from MicroPython, for the hooks of both, which are compiled with
 * this or with firmware-hooks/micropython/differences.h.
 *
 * Its heap begins small and grows, area by area, out of an outer heap (outer_hooks.c): as MicroPython's with
 * MICROPY_GC_SPLIT_HEAP_AUTO. Blocks that hold no references are marked as such and not looked into.
 */
#ifndef HS_MP_DIFFERENCES_H
#define HS_MP_DIFFERENCES_H

/* What the port and the board have switched on is known behind this only. */
#include "py/mpconfig.h"

#include "genhdr/mpversion.h"

#define HS_MP_SYSTEM "circuitpython " MICROPY_GIT_TAG

/* A bit for each granule, of the same order as the finalisers'. */
#if MICROPY_ENABLE_SELECTIVE_COLLECT
#define HS_MP_SCANS(area, granule) ((area)->gc_collect_table_start[(granule) / 8] >> (granule) % 8 & 1)
#else
#define HS_MP_SCANS(area, granule) true
#endif

/* m_malloc and the others of MicroPython's call the first within their own file. */
#define HS_MP_MORE_MALLOCS \
    WRAP3(void *, m_malloc_helper, (size_t n, uint8_t flags), (n, flags)); \
    WRAP3(void *, m_malloc_without_collect, (size_t n), (n)); \
    WRAP3(void *, m_malloc_maybe_without_collect, (size_t n), (n));

/* 1: there is a supervisor, which says why the interpreter was started. */
#if defined(HS_CP_RUNS) && HS_CP_RUNS
#include "firmware-hooks/circuitpython/cp_runs.h"
#define HS_MP_RUN_BEGINS(boot) hs_cp_run_begins(boot)
#else
#define HS_MP_RUN_BEGINS(boot) (void)(boot)
#endif

#endif
