/* SPDX-License-Identifier: MIT
 *
 * Collections. The blocks that a sweep will free are recorded before the sweep, from the marks.
 */
#include "firmware-hooks/micropython/mp_inline.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_stream.h"

bool hs_mp_torn_down;

/* If the hooks have a mutex of their own (mp_versions.h), it is held from the start to the end of a collection. */
static bool collection_ordered;
INLINE void enter_collection(void)
{
    if (!HS_MP_LOCK_OF_GC)
        collection_ordered = enter_order();
}
INLINE void leave_collection(void)
{
    if (!HS_MP_LOCK_OF_GC)
        leave_order(collection_ordered);
}

/* --- sweeps ---------------------------------------------------------------------------------------------- */

/* An entry's low bit is set for a head; its high bit too if the head is marked. If all heads in sixteen entries survive, or
 * all die, which is the usual case, one call reports them. */
static HOT void sweep_area(const struct hs_mp_area *a)
{
    struct hs_runs_writer w;
    size_t last = HS_MP_LAST_USED(a->area) / 4;
    hs_sweep_begin(&w, a->first);
    for (size_t i = 0; i <= last; i += 4) {
        uint32_t word = table_word(a->area, i), heads = word & 0x55555555u, marks = word >> 1 & heads;
        uint32_t pos = a->first + (uint32_t)i * 4;
        if (!heads)
            continue;
        if (marks == heads || !marks) {
            hs_sweep_heads(&w, pos + (uint32_t)__builtin_ctz(heads) / 2, marks != 0, count_even(heads));
            continue;
        }
        for (; heads; heads &= heads - 1) {
            unsigned shift = (unsigned)__builtin_ctz(heads);
            hs_sweep_heads(&w, pos + shift / 2, marks >> shift & 1, 1);
        }
    }
    hs_sweep_end(&w, a->first + a->granules);
}

static void record_sweep(void)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        if (hs_mp_areas[i].area)
            sweep_area(&hs_mp_areas[i]);
}

static bool code_is_gone(uintptr_t code)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        if (hs_mp_areas[i].area && code - hs_mp_areas[i].start < (uintptr_t)hs_mp_areas[i].granules << SHIFT)
            return kind_at(hs_mp_areas[i].area, (uint32_t)((code - hs_mp_areas[i].start) >> SHIFT)) == AT_FREE;
    return false;
}

static void record_collection(uint8_t cause)
{
    this_thread();
    hs_record(&(struct hs_record){.kind = HS_COLLECT, .collect.cause = cause});
}

/* Why a collection starts: 0: called by the program; 1: an allocation found no free run; 2: the threshold. */
static uint8_t collection_cause(void)
{
    if (running.caller != ALLOCATING)
        return 0;
#if MICROPY_GC_ALLOC_THRESHOLD
    if (MP_STATE_MEM(gc_alloc_amount) >= MP_STATE_MEM(gc_alloc_threshold))
        return 2;
#endif
    return 1;
}

bool hs_mp_block_is_gone(uint32_t pos)
{
    for (uint32_t i = 0; i < hs_mp_n_areas; i++)
        if (hs_mp_areas[i].area && pos - hs_mp_areas[i].first < hs_mp_areas[i].granules)
            return kind_at(hs_mp_areas[i].area, pos - hs_mp_areas[i].first) == AT_FREE;
    return true;
}

static void end_collection(void)
{
    hs_mp_forget_code(code_is_gone);
    if (AREAS > 1)
        hs_mp_update_areas();
    if (hs_at_level())
        hs_level_swept(hs_mp_block_is_gone);
    hs_record(&(struct hs_record){.kind = HS_COLLECT_END});
    if (sums_up())
        hs_mp_summary(0);
}

/* Set during a scan of the roots without a collection (mp_refs.c). Other threads' collections wait until it ends. */
volatile bool hs_mp_walking;
static const void *volatile walker;

static bool walks(void)
{
    if (walker == &running)
        return true;
    leave_order(enter_order());
    return false;
}

void hs_mp_walk_roots(void)
{
    walker = &running;
    hs_mp_walking = true;
    gc_collect();
    hs_mp_walking = false;
    walker = NULL;
}

void __real_gc_collect_start(void);
void __wrap_gc_collect_start(void);
HS_MP_SAME_TYPE(gc_collect_start);
void __wrap_gc_collect_start(void)
{
    if (UNLIKELY(hs_mp_walking) && walks()) {
        hs_mp_refs_state();
        return;
    }
    hold(); /* until the collection's end */
    enter_collection();
    if (hs_state == HS_STATE_KEYFRAME_DUE && running.caller != ALLOCATING)
        hs_keyframe();
    if (hs_state != HS_STATE_OFF)
        record_collection(collection_cause());
    __real_gc_collect_start();
}

static void mark_children(const mp_state_mem_area_t *a)
{
    for (uint32_t at = 0, n = granules_of(a); at < n; at++)
        if (kind_at(a, at) == AT_MARK && HS_MP_SCANS(a, at))
            gc_collect_root((void **)(void *)(a->gc_pool_start + (size_t)at * GRANULE),
                            (size_t)hs_mp_run_len(a, at) * GRANULE / sizeof(void *));
}

/* If the mark stack overflowed, the collector scans all marked blocks again before it sweeps, until it finds no new ones. This
 * does the same first, with the collector's public functions, so that the marks are complete when the sweep is recorded. */
static void finish_marking(void)
{
    while (MP_STATE_MEM(gc_stack_overflow)) {
        MP_STATE_MEM(gc_stack_overflow) = 0;
        for (const mp_state_mem_area_t *a = &MP_STATE_MEM(area); a; a = NEXT_AREA(a))
            mark_children(a);
    }
}

static bool end_is_due; /* COLLECT_END of the current collection is not yet recorded */

static void end_once(void)
{
    if (end_is_due)
        end_collection();
    end_is_due = false;
}

/* Callbacks of weak references belong to the program: the collection's end is recorded before them. */
#if defined(MICROPY_PY_WEAKREF) && MICROPY_PY_WEAKREF
void __real_gc_weakref_sweep(void);
void __wrap_gc_weakref_sweep(void);
void __wrap_gc_weakref_sweep(void)
{
    end_once();
    __real_gc_weakref_sweep();
}
#endif

/* After finish_marking every live head is marked; all other blocks will be freed. */
void __real_gc_collect_end(void);
void __wrap_gc_collect_end(void);
HS_MP_SAME_TYPE(gc_collect_end);
void __wrap_gc_collect_end(void)
{
    if (UNLIKELY(walker == &running))
        return;
    bool recording = hs_state != HS_STATE_OFF;
    if (recording && !sums_up()) {
        finish_marking();
        record_sweep();
    }
    bool ordered = enter_order();
    end_is_due = recording;
    __real_gc_collect_end();
    end_once();
    leave_order(ordered);
    leave_collection();
    let_go();
}

void __real_gc_sweep_all(void);
void __wrap_gc_sweep_all(void);
HS_MP_SAME_TYPE(gc_sweep_all);
void __wrap_gc_sweep_all(void)
{
    hs_mp_stop_cores();
    hs_mp_phases_forget();
    hs_mp_stream_forget();
    hold();
    bool recording = hs_state != HS_STATE_OFF;
    if (recording && sums_up())
        hs_mp_summary(2);
    if (recording)
        record_collection(3);
    if (recording && !sums_up())
        record_sweep();
    end_is_due = recording;
    __real_gc_sweep_all();
    end_once();
    hs_mp_torn_down = true;
    hs_mp_level_anew();
    hs_mp_script_forget();
    let_go();
}
