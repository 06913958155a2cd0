/* SPDX-License-Identifier: MIT
 *
 * Objects in the outer heap. CircuitPython's functions for them are in one file with port_malloc_zero and port_free, which they
 * call: the linker does not redirect calls inside a file, so these functions are wrapped themselves.
 *
 * CircuitPython 9 does not have them. Nothing calls the wraps there.
 */
#include "firmware-hooks/circuitpython/outer_hooks.h"
#include "lib/heapstrata.h"
#include "py/gc.h"
#include "py/obj.h"

/* A tuple: the object's type, its number of items, the items. */
#define TUPLE_SIZE(n) (sizeof(mp_obj_base_t) + sizeof(size_t) + (n) * sizeof(mp_obj_t))

extern __attribute__((weak)) void *__real_mp_obj_port_malloc_helper(size_t size, const mp_obj_type_t *type);
void *__wrap_mp_obj_port_malloc_helper(size_t size, const mp_obj_type_t *type);
void *__wrap_mp_obj_port_malloc_helper(size_t size, const mp_obj_type_t *type)
{
    HS_OUTER_TAKE(size, __real_mp_obj_port_malloc_helper(size, type));
}

/* An empty tuple is a constant in flash, which is not in the heap. */
extern __attribute__((weak)) mp_obj_t __real_mp_obj_new_port_tuple(size_t n, const mp_obj_t *items);
mp_obj_t __wrap_mp_obj_new_port_tuple(size_t n, const mp_obj_t *items);
mp_obj_t __wrap_mp_obj_new_port_tuple(size_t n, const mp_obj_t *items)
{
    HS_OUTER_TAKE(TUPLE_SIZE(n), __real_mp_obj_new_port_tuple(n, items));
}

/* Frees an object of either heap. One of the interpreter's heap is freed by gc_free, whose own wrap records that. */
extern __attribute__((weak)) void __real_circuitpy_free_obj(mp_obj_t object);
void __wrap_circuitpy_free_obj(mp_obj_t object);
void __wrap_circuitpy_free_obj(mp_obj_t object)
{
    void *block = object == mp_const_none ? NULL : MP_OBJ_TO_PTR(object);
    bool here = block && !(gc_alloc_possible() && gc_ptr_on_heap(block)) && hs_outer_begins();
    if (here)
        hs_outer_frees(HS_OUTER_CALLER, block);
    __real_circuitpy_free_obj(object);
    if (here)
        hs_outer_ends();
}
