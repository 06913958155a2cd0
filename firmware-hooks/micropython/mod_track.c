/* SPDX-License-Identifier: MIT
 *
 * heapstrata.track: what a part of a program allocates, and what of it stays. The figures are those of heapstrata.py, for firmware
 * without these hooks (firmware-hooks/stock): bytes in use before and after, and after a collection.
 */
#include "firmware-hooks/micropython/mod_track.h"

#include <string.h>

#include "firmware-hooks/micropython/mp_parts.h"
#include "lib/heapstrata.h"
#include "py/gc.h"
#include "py/objlist.h"

#if HS_WITH_TRACK
typedef struct {
    mp_obj_base_t base;
    mp_obj_t label;
    mp_obj_t before; /* list: bytes in use when each part began that has not ended, the innermost last */
    mp_int_t allocated, kept, garbage;
} track_t;

/* A function with the object that tracks it. */
typedef struct {
    mp_obj_base_t base;
    track_t *track;
    mp_obj_t function;
} tracked_t;

extern const mp_obj_type_t hs_mp_track_type, hs_mp_tracked_type;

/* Not inlined: see collect(). */
static __attribute__((noinline)) mp_int_t used_bytes(void)
{
    gc_info_t info;
    gc_info(&info);
    return (mp_int_t)info.used;
}

/* The collector also looks at words of the stack that nothing has written since the tracked part used them: they would keep its
 * garbage. So they are cleared where the collector's calls will be, and callers of collect() have no large variables. */
#define STACK_WORDS 64

static __attribute__((noinline)) void clear_stack(void)
{
    uintptr_t word[STACK_WORDS];
    memset(word, 0, sizeof word);
    __asm__ volatile("" : : "r"(word) : "memory"); /* it is written, although nothing reads it */
}

static void collect(void)
{
    clear_stack();
    gc_collect();
}

/* The list grows before the figure is taken. */
static void begin(const track_t *t)
{
    mp_obj_list_append(t->before, MP_OBJ_NEW_SMALL_INT(0));
    collect();
    mp_obj_list_t *before = MP_OBJ_TO_PTR(t->before);
    before->items[before->len - 1] = MP_OBJ_NEW_SMALL_INT(used_bytes());
}

static void print_figures(const track_t *t)
{
    mp_printf(&mp_plat_print, "HS:T ");
    mp_obj_print_helper(&mp_plat_print, t->label, PRINT_STR);
    mp_printf(&mp_plat_print, " allocated: %d kept: %d garbage: %d\n", (int)t->allocated, (int)t->kept, (int)t->garbage);
}

static void end(track_t *t)
{
    mp_int_t used = used_bytes();
    collect();
    mp_int_t after = used_bytes();
    mp_obj_list_t *list = MP_OBJ_TO_PTR(t->before);
    mp_int_t before = list->len ? MP_OBJ_SMALL_INT_VALUE(list->items[list->len - 1]) : after;
    mp_obj_list_set_len(t->before, list->len ? list->len - 1 : 0);
    t->allocated = used - before;
    t->kept = after - before;
    t->garbage = used - after;
    if (hs_state != HS_STATE_OFF)
        print_figures(t);
}

/* --- the context manager ------------------------------------------------------------------------------- */

static mp_obj_t track_enter(mp_obj_t self)
{
    begin(MP_OBJ_TO_PTR(self));
    return self;
}
static MP_DEFINE_CONST_FUN_OBJ_1(track_enter_obj, track_enter);

static mp_obj_t track_exit(size_t n_args, const mp_obj_t *args)
{
    (void)n_args;
    end(MP_OBJ_TO_PTR(args[0]));
    return mp_const_false;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(track_exit_obj, 4, 4, track_exit);

static const mp_rom_map_elem_t track_locals_table[] = {
    {MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&track_enter_obj)},
    {MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&track_exit_obj)},
};
static MP_DEFINE_CONST_DICT(track_locals, track_locals_table);

static void track_attr(mp_obj_t self, qstr name, mp_obj_t *value)
{
    const track_t *t = MP_OBJ_TO_PTR(self);
    if (value[0] != MP_OBJ_NULL)
        return;
    if (name == MP_QSTR_label)
        value[0] = t->label;
    else if (name == MP_QSTR_allocated)
        value[0] = mp_obj_new_int(t->allocated);
    else if (name == MP_QSTR_kept)
        value[0] = mp_obj_new_int(t->kept);
    else if (name == MP_QSTR_garbage)
        value[0] = mp_obj_new_int(t->garbage);
    else
        value[1] = MP_OBJ_SENTINEL; /* look among the methods */
}

/* --- the decorator --------------------------------------------------------------------------------------- */

static mp_obj_t new_tracked(track_t *track, mp_obj_t function)
{
    tracked_t *t = mp_obj_malloc(tracked_t, &hs_mp_tracked_type);
    t->track = track;
    t->function = function;
    return MP_OBJ_FROM_PTR(t);
}

static mp_obj_t track_call(mp_obj_t self, size_t n_args, size_t n_named, const mp_obj_t *args)
{
    mp_arg_check_num(n_args, n_named, 1, 1, false);
    return new_tracked(MP_OBJ_TO_PTR(self), args[0]);
}

static mp_obj_t tracked_call(mp_obj_t self, size_t n_args, size_t n_named, const mp_obj_t *args)
{
    const tracked_t *t = MP_OBJ_TO_PTR(self);
    mp_obj_t result = MP_OBJ_NULL;
    nlr_buf_t nlr;
    begin(t->track);
    if (nlr_push(&nlr) == 0) {
        result = mp_call_function_n_kw(t->function, n_args, n_named, args);
        nlr_pop();
        nlr.ret_val = NULL;
    }
    end(t->track);
    if (nlr.ret_val)
        nlr_jump(nlr.ret_val);
    return result;
}

MP_DEFINE_CONST_OBJ_TYPE(hs_mp_track_type, MP_QSTR_track, MP_TYPE_FLAG_NONE, call, track_call, attr, track_attr, locals_dict,
                         &track_locals);

MP_DEFINE_CONST_OBJ_TYPE(hs_mp_tracked_type, MP_QSTR_function, MP_TYPE_FLAG_BINDS_SELF, call, tracked_call);

/* --- track() ----------------------------------------------------------------------------------------------- */

static mp_obj_t name_of(mp_obj_t function)
{
    mp_obj_t name[2];
    mp_load_method_maybe(function, MP_QSTR___name__, name);
    return name[0] != MP_OBJ_NULL && name[1] == MP_OBJ_NULL ? name[0] : MP_OBJ_NEW_QSTR(MP_QSTR_function);
}

static track_t *new_track(mp_obj_t label)
{
    track_t *t = mp_obj_malloc(track_t, &hs_mp_track_type);
    t->label = label;
    t->before = MP_OBJ_NULL;
    t->allocated = t->kept = t->garbage = 0;
    t->before = mp_obj_new_list(0, NULL);
    return t;
}

static mp_obj_t hs_mod_track(mp_obj_t what)
{
    if (mp_obj_is_callable(what))
        return new_tracked(new_track(name_of(what)), what);
    return MP_OBJ_FROM_PTR(new_track(what));
}
MP_DEFINE_CONST_FUN_OBJ_1(hs_mod_track_obj, hs_mod_track);
#endif
