/* SPDX-License-Identifier: MIT
 *
 * Differences between versions of MicroPython, from 1.20 on. HS_MP_SAME_TYPE checks the type of each wrapped function: if a
 * later version changes its parameters, the hooks do not compile.
 */
#ifndef HS_MP_VERSIONS_H
#define HS_MP_VERSIONS_H

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/mpthread.h"
#include "py/runtime.h"

#define HS_MP_VERSION(major, minor) ((major)*1000 + (minor))
#ifdef HS_CIRCUITPYTHON /* it has version numbers of its own */
#include "genhdr/mpversion.h"
#define HS_MP_THIS (MICROPY_VERSION_MAJOR >= 10 ? HS_MP_VERSION(1, 25) : HS_MP_VERSION(1, 22))
#else
#define HS_MP_THIS HS_MP_VERSION(MICROPY_VERSION_MAJOR, MICROPY_VERSION_MINOR)
#endif

#if !defined(HS_CIRCUITPYTHON) && HS_MP_THIS < HS_MP_VERSION(1, 20)
#error "HeapStrata needs MicroPython 1.20 or later"
#endif

#define HS_MP_SAME_TYPE(name) \
    _Static_assert(__builtin_types_compatible_p(__typeof__(name), __typeof__(__wrap_##name)), \
                   #name ": its type is not the one that HeapStrata knows (firmware-hooks/micropython)")

/* --- the collector's state -------------------------------------------------------------------------------------- */

/* Whether a collection is running, and whether gc.lock() or an interrupt forbids to free. Up to 1.24 one counter is for
 * both. */
#ifdef GC_COLLECT_FLAG
#define HS_MP_COLLECTS() (MP_STATE_THREAD(gc_lock_depth) & GC_COLLECT_FLAG)
#define HS_MP_LOCKED() (MP_STATE_THREAD(gc_lock_depth) & ~GC_COLLECT_FLAG)
#else
#define HS_MP_COLLECTS() (MP_STATE_THREAD(gc_lock_depth) != 0)
#define HS_MP_LOCKED() (MP_STATE_THREAD(gc_lock_depth) != 0)
#endif

/* All entries of an area's table after this one are free. */
#if HS_MP_THIS >= HS_MP_VERSION(1, 21)
#define HS_MP_LAST_USED(area) ((area)->gc_last_used_block)
#else
#define HS_MP_LAST_USED(area) ((area)->gc_alloc_table_byte_len * 4 - 1)
#endif

/* --- order: mp_running.c ------------------------------------------------------------------------------------------- */

#if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
#if HS_MP_THIS >= HS_MP_VERSION(1, 25)
#define HS_MP_LOCK_INIT()
#define HS_MP_LOCK(who) mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1)
#define HS_MP_UNLOCK() mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex))
#define HS_MP_LOCK_OF_GC 1
#else
/* The collector's mutex is not recursive, so the hooks have a recursive one. `who`: an address that identifies the thread.
 * The hooks' mutex is always locked before the collector's; so it is held from gc_collect_start to gc_collect_end too. */
extern mp_thread_mutex_t hs_mp_mutex;
extern const void *volatile hs_mp_mutex_of;
extern unsigned hs_mp_mutex_depth;
#define HS_MP_MUTEX \
    mp_thread_mutex_t hs_mp_mutex; \
    const void *volatile hs_mp_mutex_of; \
    unsigned hs_mp_mutex_depth;

#define HS_MP_LOCK_INIT() mp_thread_mutex_init(&hs_mp_mutex)
#define HS_MP_LOCK_OF_GC 0

static inline void HS_MP_LOCK(const void *who)
{
    if (hs_mp_mutex_of != who) {
        mp_thread_mutex_lock(&hs_mp_mutex, 1);
        hs_mp_mutex_of = who;
    }
    hs_mp_mutex_depth++;
}

static inline void HS_MP_UNLOCK(void)
{
    if (--hs_mp_mutex_depth)
        return;
    hs_mp_mutex_of = NULL;
    mp_thread_mutex_unlock(&hs_mp_mutex);
}
#endif
#endif

/* --- functions --------------------------------------------------------------------------------------------------- */

#if HS_MP_THIS >= HS_MP_VERSION(1, 21)
typedef mp_uint_t hs_mp_thread_id_t;
#else
typedef void hs_mp_thread_id_t;
#endif

/* The type of a file's name in mp_lexer_new_from_file and mp_raw_code_load_file. */
#define HS_MP_FILENAME_IS_QSTR (HS_MP_THIS >= HS_MP_VERSION(1, 22))
#if HS_MP_FILENAME_IS_QSTR
typedef qstr hs_mp_filename_t;
#else
typedef const char *hs_mp_filename_t;
#endif

#define HS_MP_WITH_FINALISER_HELPER (MICROPY_ENABLE_FINALISER && HS_MP_THIS >= HS_MP_VERSION(1, 23))

#if HS_MP_THIS >= HS_MP_VERSION(1, 22)
#define HS_MP_WAIT_A_LITTLE() mp_event_handle_nowait()
#elif defined(MICROPY_EVENT_POLL_HOOK)
#define HS_MP_WAIT_A_LITTLE() \
    do { \
        MICROPY_EVENT_POLL_HOOK \
    } while (0)
#else
#define HS_MP_WAIT_A_LITTLE() mp_handle_pending(true)
#endif

#endif
