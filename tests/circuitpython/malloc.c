/* SPDX-License-Identifier: MIT
 *
 * The m_malloc family of the stand-in: as CircuitPython's, all of it ends in the first.
 */
#include "py/gc.h"

enum { COLLECT = 1, WITH_FINALISER = 2 };

void *m_malloc_helper(size_t n, uint8_t flags)
{
    return gc_alloc(n, (flags & COLLECT ? 0u : GC_ALLOC_FLAG_DO_NOT_COLLECT) |
                           (flags & WITH_FINALISER ? GC_ALLOC_FLAG_HAS_FINALISER : 0u));
}
void *m_malloc(size_t n) { return m_malloc_helper(n, COLLECT); }
void *m_malloc0(size_t n) { return m_malloc_helper(n, COLLECT); }
void *m_malloc_maybe(size_t n) { return m_malloc_helper(n, COLLECT); }
void *m_malloc_without_collect(size_t n) { return m_malloc_helper(n, 0); }
void *m_malloc_maybe_without_collect(size_t n) { return m_malloc_helper(n, 0); }
void *m_malloc_with_finaliser(size_t n) { return m_malloc_helper(n, COLLECT | WITH_FINALISER); }
void *m_realloc(void *p, size_t n) { return gc_realloc(p, n, true); }
void *m_realloc_maybe(void *p, size_t n, bool move) { return gc_realloc(p, n, move); }
void m_free(void *p) { gc_free(p); }
void *mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type)
{
    mp_obj_base_t *base = m_malloc_helper(n, COLLECT);
    base->type = type;
    return base;
}
void *mp_obj_malloc_with_finaliser_helper(size_t n, const mp_obj_type_t *type)
{
    mp_obj_base_t *base = m_malloc_helper(n, COLLECT | WITH_FINALISER);
    base->type = type;
    return base;
}
