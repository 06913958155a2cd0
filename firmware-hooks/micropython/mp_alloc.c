/* SPDX-License-Identifier: MIT
 *
 * Allocations. The wraps of the m_malloc family store their return address, which is the native caller of a site. They all
 * call gc_alloc, gc_realloc or gc_free, whose wraps write the records.
 */
#include "firmware-hooks/micropython/mp_inline.h"
#include "firmware-hooks/micropython/mp_refs.h"
#include "firmware-hooks/micropython/mp_room.h"

/* --- allocations ---------------------------------------------------------------------------------------- */

static uint8_t fail_cause(void) { return MP_STATE_THREAD(gc_lock_depth) ? 1 : !MP_STATE_MEM(gc_auto_collect_enabled) ? 2 : 0; }

/* A request of 0 bytes fails too; it is not recorded. */
static NOINLINE void record_fail(uintptr_t caller, size_t size)
{
    if (!size)
        return;
    this_thread();
    if (AREAS > 1)
        hs_mp_update_areas();
    /* if the heap was full, the collection before has just written a summary */
    if (sums_up() && fail_cause() == 2)
        hs_mp_summary(1);
    hs_fail(key_of(caller), (uint32_t)size, HS_MP_OTHERS ? hs_heap_fail_cause(&hs_mp_heap, 0, fail_cause()) : fail_cause());
    if (!fail_cause())
        hs_mp_room_failed((uint32_t)size);
    if (fail_cause() != 1) /* a locked heap: it needs no more explanation, and this may be an interrupt */
        hs_mp_refs_fail(size);
}

INLINE void record_alloc(const struct hs_mp_running *self, uintptr_t caller, const void *block, size_t size)
{
    if (UNLIKELY(!block)) {
        record_fail(caller, size);
        return;
    }
    uint32_t pos = pos_of(block);
    this_thread();
    hs_alloc(key_in(self, caller), (struct hs_block){.pos = pos, .size = (uint32_t)size});
}

/* Whether recording is on at any level. Called when heap and trace agree: writes the keyframe if one is due. */
static NOINLINE bool not_plainly_on(void)
{
    if (hs_state == HS_STATE_KEYFRAME_DUE && !HS_MP_COLLECTS()) {
        bool ordered = enter_order();
        hs_keyframe();
        leave_order(ordered);
    }
    return hs_state != HS_STATE_OFF;
}
INLINE bool recording(void)
{
    uint8_t state = hs_state;
    return state == HS_STATE_ON || (state != HS_STATE_OFF && not_plainly_on());
}

void *__real_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
HS_MP_SAME_TYPE(gc_alloc);

/* At a level other than "full" most blocks are not recorded. */
INLINE void alloc_at_level(uintptr_t caller, const void *block, size_t size)
{
    if (UNLIKELY(!block))
        record_fail(caller, size);
    else if (UNLIKELY(!hs_level_skips((uint32_t)size)))
        hs_level_alloc(key_of(caller), (struct hs_block){.pos = pos_of(block), .size = (uint32_t)size});
}

static void realloc_at_level(uintptr_t caller, uint32_t old, struct hs_block block)
{
    hs_level_gone(old, HS_REALLOC);
    if (!hs_level_skips(block.size))
        hs_level_realloc(key_of(caller), block);
}

INLINE void *alloc_and_record(size_t n_bytes, unsigned int alloc_flags, uintptr_t own, const bool less)
{
    struct hs_mp_running *self = &running;
    uintptr_t caller = take_caller(self, own, ALLOCATING);
    bool ordered = enter_order();
    void *block = __real_gc_alloc(n_bytes, alloc_flags);
    self->caller = NOBODY;
    uintptr_t hidden = hide(block);
    if (less)
        alloc_at_level(caller, block, n_bytes);
    else
        record_alloc(self, caller, block, n_bytes);
    block = show(hidden); /* before another thread may collect */
    leave_order(ordered);
    return block;
}

static HOT NOINLINE void *alloc_less(size_t n_bytes, unsigned int alloc_flags, uintptr_t own)
{
    return alloc_and_record(n_bytes, alloc_flags, own, true);
}

/* gc_alloc at a level other than "full", or while a keyframe is due. */
static NOINLINE void *alloc_otherwise(size_t n_bytes, unsigned int alloc_flags)
{
    if (hs_at_level())
        return alloc_less(n_bytes, alloc_flags, RETURN_ADDRESS);
    if (recording())
        return alloc_and_record(n_bytes, alloc_flags, RETURN_ADDRESS, false);
    return __real_gc_alloc(n_bytes, alloc_flags);
}
static HOT NOINLINE void *alloc_on(size_t n_bytes, unsigned int alloc_flags)
{
    return alloc_and_record(n_bytes, alloc_flags, RETURN_ADDRESS, false);
}

/* The wraps of gc_alloc, gc_free and gc_realloc use no stack of their own, not even for saved registers: they jump to
 * functions that return to the wrap's caller. */
HOT void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags)
{
    uint8_t state = hs_state;
    if (state == HS_STATE_OFF)
        return __real_gc_alloc(n_bytes, alloc_flags);
    return UNLIKELY(state != HS_STATE_ON) ? alloc_otherwise(n_bytes, alloc_flags) : alloc_on(n_bytes, alloc_flags);
}

/* Not called while the heap is locked, except by the collection itself: then gc_free does nothing. */
static void record_free(uintptr_t caller, const void *block)
{
    this_thread();
    hs_free(caller, pos_of(block));
}

void __real_gc_free(void *ptr);
void __wrap_gc_free(void *ptr);
HS_MP_SAME_TYPE(gc_free);
INLINE void free_and_record(void *ptr, uintptr_t own, const bool less)
{
    uintptr_t caller = take_caller(&running, own, NOBODY);
    bool frees = ptr && !HS_MP_LOCKED();
    bool ordered = enter_order();
    __real_gc_free(ptr);
    if (frees && less)
        hs_level_gone(pos_of(ptr), HS_FREE);
    else if (frees)
        record_free(caller, ptr);
    leave_order(ordered);
}

/* gc_free at a level other than "full", or while a keyframe is due. */
static NOINLINE void free_otherwise(void *ptr)
{
    if (hs_at_level())
        free_and_record(ptr, RETURN_ADDRESS, true);
    else if (recording())
        free_and_record(ptr, RETURN_ADDRESS, false);
    else
        __real_gc_free(ptr);
}
static HOT NOINLINE void free_on(void *ptr) { free_and_record(ptr, RETURN_ADDRESS, false); }

HOT void __wrap_gc_free(void *ptr)
{
    uint8_t state = hs_state;
    if (state == HS_STATE_OFF)
        __real_gc_free(ptr);
    else if (UNLIKELY(state != HS_STATE_ON))
        free_otherwise(ptr);
    else
        free_on(ptr);
}

void *__real_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
HS_MP_SAME_TYPE(gc_realloc);
INLINE void *resize_and_record(void *ptr, size_t n_bytes, bool allow_move, const bool less)
{
    struct hs_mp_running *self = &running;
    uintptr_t caller = self->caller;
    self->caller = ALLOCATING;
    bool ordered = enter_order();
    uint32_t old = pos_of(ptr);
    void *block = __real_gc_realloc(ptr, n_bytes, allow_move);
    self->caller = NOBODY;
    if (block) {
        struct hs_block now = {.pos = pos_of(block), .size = (uint32_t)n_bytes};
        if (less) {
            realloc_at_level(caller, old, now);
        } else {
            this_thread();
            hs_realloc(key_in(self, caller), now, old);
        }
    } else if (allow_move) { /* if a block cannot grow in place, that is not a failed allocation */
        record_fail(caller, n_bytes);
    }
    leave_order(ordered);
    return block;
}
static NOINLINE void *resize_in_full(void *ptr, size_t n_bytes, bool allow_move)
{
    return resize_and_record(ptr, n_bytes, allow_move, false);
}
static NOINLINE void *resize_less(void *ptr, size_t n_bytes, bool allow_move)
{
    return resize_and_record(ptr, n_bytes, allow_move, true);
}

static NOINLINE void *resize_otherwise(void *ptr, size_t n_bytes, bool allow_move)
{
    if (hs_at_level())
        return resize_less(ptr, n_bytes, allow_move);
    return recording() ? resize_in_full(ptr, n_bytes, allow_move) : __real_gc_realloc(ptr, n_bytes, allow_move);
}

/* A size of 0 frees the block, as in gc_realloc itself. */
static NOINLINE void *resize_to_nothing(void *ptr)
{
    __wrap_gc_free(ptr);
    return NULL;
}

static NOINLINE HOT void *resize(void *ptr, size_t n_bytes, bool allow_move)
{
    if (!n_bytes)
        return resize_to_nothing(ptr);
    return hs_state == HS_STATE_OFF ? __real_gc_realloc(ptr, n_bytes, allow_move) : resize_otherwise(ptr, n_bytes, allow_move);
}

/* Without a block it allocates one, as gc_realloc itself does. */
HOT void *__wrap_gc_realloc(void *ptr, size_t n_bytes, bool allow_move)
{
    ASKED();
    return ptr ? resize(ptr, n_bytes, allow_move) : __wrap_gc_alloc(n_bytes, 0);
}

/* --- the m_malloc family: the native caller -------------------------------------------------------------- */

/* They all call one of the three functions above, which use the stored caller. */
#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    HS_MP_SAME_TYPE(name); \
    HOT type __wrap_##name parameters \
    { \
        ASKED(); \
        return __real_##name arguments; \
    }

#if defined(__thumb2__) && !MICROPY_PY_THREAD
_Static_assert(offsetof(struct hs_mp_running, caller) == 4 && ALLOCATING == 1, "as asked_thumb2.h has it");
#include "firmware-hooks/micropython/asked_thumb2.h"
#else
#define WRAP3(type, name, parameters, arguments) WRAP(type, name, parameters, arguments)
#endif

WRAP3(void *, m_malloc, (size_t n), (n));
WRAP3(void *, m_malloc_maybe, (size_t n), (n));
WRAP3(void *, m_malloc0, (size_t n), (n));
#if MICROPY_ENABLE_FINALISER
WRAP3(void *, m_malloc_with_finaliser, (size_t n), (n));
#endif
#if HS_MP_WITH_FINALISER_HELPER
WRAP3(void *, mp_obj_malloc_with_finaliser_helper, (size_t n, const mp_obj_type_t *type), (n, type));
#endif
#if MICROPY_MALLOC_USES_ALLOCATED_SIZE
WRAP3(void *, m_realloc, (void *p, size_t old, size_t n), (p, old, n));
WRAP(void *, m_realloc_maybe, (void *p, size_t old, size_t n, bool move), (p, old, n, move))
WRAP3(void, m_free, (void *p, size_t n), (p, n));
#else
WRAP3(void *, m_realloc, (void *p, size_t n), (p, n));
WRAP3(void *, m_realloc_maybe, (void *p, size_t n, bool move), (p, n, move));
WRAP3(void, m_free, (void *p), (p));
#endif
HS_MP_MORE_MALLOCS
void *__wrap_mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type);
HS_MP_SAME_TYPE(mp_obj_malloc_helper);
/* Most objects are allocated here. It does the same as mp_obj_malloc_helper, without a call of m_malloc's wrap. */
HOT void *__wrap_mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type)
{
    ASKED();
    mp_obj_base_t *base = __real_m_malloc(n);
    base->type = type;
    return base;
}
