/* SPDX-License-Identifier: MIT
 *
 * The module `heaps`: what the test's script needs of the outer heap and of lwIP.
 */
#include "firmware-hooks/example/first_fit.h"
#include "lib/tlsf/tlsf.h"
#include "py/obj.h"
#include "py/runtime.h"
#include "shared-bindings/microcontroller/__init__.h"
#include "supervisor/port.h"
#include "supervisor/port_heap.h"

int heaps_web(unsigned ms, unsigned queries);
unsigned heaps_timeouts(void);

static mp_obj_t web(mp_obj_t ms, mp_obj_t queries)
{
    return MP_OBJ_NEW_SMALL_INT(heaps_web((unsigned)mp_obj_get_int(ms), (unsigned)mp_obj_get_int(queries)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(web_obj, web);

static mp_obj_t timeouts(void) { return MP_OBJ_NEW_SMALL_INT(heaps_timeouts()); }
static MP_DEFINE_CONST_FUN_OBJ_0(timeouts_obj, timeouts);

/* No interrupts come here. */
void common_hal_mcu_disable_interrupts(void) {}
void common_hal_mcu_enable_interrupts(void) {}

/* take(None, 100) allocates, take(block, 200) resizes, take(block, 0) frees. */
static mp_obj_t take(mp_obj_t block, mp_obj_t size)
{
    static bool begun; /* after the recorder has started */
    if (!begun)
        ff_init();
    begun = true;
    void *old = block == mp_const_none ? NULL : (void *)(uintptr_t)mp_obj_int_get_truncated(block);
    void *now = port_realloc(old, (size_t)mp_obj_get_int(size), false);
    return now ? mp_obj_new_int_from_uint((uintptr_t)now) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(take_obj, take);

static bool add_up(void *block, size_t size, int used, void *user)
{
    (void)block;
    if (used)
        *(size_t *)user += size + sizeof(size_t);
    return true;
}

/* Bytes in use in the outer heap, headers included, by its own walk. */
static mp_obj_t used(void)
{
    size_t bytes = 0;
    tlsf_walk_pool(tlsf_get_pool(port_heap_get_bottom()), add_up, &bytes);
    return MP_OBJ_NEW_SMALL_INT(bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_0(used_obj, used);

/* The heap of first_fit.h, as take() does with the outer one. */
static mp_obj_t fit(mp_obj_t block, mp_obj_t size)
{
    void *old = block == mp_const_none ? NULL : (void *)(uintptr_t)mp_obj_int_get_truncated(block), *now = NULL;
    if (mp_obj_get_int(size))
        now = ff_realloc(old, (size_t)mp_obj_get_int(size));
    else
        ff_free(old);
    return now ? mp_obj_new_int_from_uint((uintptr_t)now) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(fit_obj, fit);

/* Bytes in use there, headers included, by its own walk. */
static mp_obj_t fitted(void)
{
    size_t bytes = 0;
    const struct ff_block *block;
    for (uint32_t at = 0; at < FF_HEAP_SIZE; at += block->bytes) {
        block = (const struct ff_block *)(const void *)(ff_heap + at);
        bytes += block->used ? block->bytes : 0;
    }
    return MP_OBJ_NEW_SMALL_INT(bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_0(fitted_obj, fitted);

static const mp_rom_map_elem_t globals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heaps)}, {MP_ROM_QSTR(MP_QSTR_web), MP_ROM_PTR(&web_obj)},
    {MP_ROM_QSTR(MP_QSTR_timeouts), MP_ROM_PTR(&timeouts_obj)},  {MP_ROM_QSTR(MP_QSTR_take), MP_ROM_PTR(&take_obj)},
    {MP_ROM_QSTR(MP_QSTR_used), MP_ROM_PTR(&used_obj)},          {MP_ROM_QSTR(MP_QSTR_fit), MP_ROM_PTR(&fit_obj)},
    {MP_ROM_QSTR(MP_QSTR_fitted), MP_ROM_PTR(&fitted_obj)},
};
static MP_DEFINE_CONST_DICT(globals, globals_table);
const mp_obj_module_t heaps_module = {.base = {&mp_type_module}, .globals = (mp_obj_dict_t *)&globals};
MP_REGISTER_MODULE(MP_QSTR_heaps, heaps_module);
