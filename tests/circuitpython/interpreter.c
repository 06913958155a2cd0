/* SPDX-License-Identifier: MIT
 *
 * As much of an interpreter as the tests call, with a heap laid out as CircuitPython's: its tables of the allocation, of
 * finalisers and of what is scanned in front of the pool, in a block of an outer heap.
 *
 *   standin FUNCTION...     starts up, allocates, calls these functions of the module heapstrata without arguments
 *                           (mark: with a label; snapshot: with references), and says what came of it. Or: objects, beyond,
 *                           interrupted, resized, walked (allocate in the outer heap), used (says how many bytes of that are in
 *                           use), cramped (requests what has no room, once the outer heap is full), refused (starts with a heap that has no room)
 * STANDIN_SAFE_MODE, STANDIN_RUN_REASON: what the supervisor says, by number
 * STANDIN_HEAPSTRATA_RING_SIZE: the number of that name in settings.toml
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tlsf/tlsf.h"
#include "py/runtime.h"
#include "shared-bindings/supervisor/Runtime.h"
#include "supervisor/port.h"
#include "supervisor/port_heap.h"
#include "supervisor/shared/safe_mode.h"
#include "supervisor/shared/settings.h"

static const char *const qstrs[] = {
#define QSTR(name) #name,
#include "genhdr/qstrs.def"
#undef QSTR
};

mp_state_ctx_t mp_state_ctx;
const mp_print_t mp_plat_print;
const mp_obj_base_t mp_const_none_obj, mp_const_false_obj;
const mp_obj_type_t mp_type_RuntimeError = {.name = "RuntimeError"}, mp_type_ValueError = {.name = "ValueError"},
                    mp_type_dict = {.name = "dict"}, mp_type_fun_bc = {.name = "function"},
                    mp_type_gen_wrap = {.name = "generator"}, mp_type_module = {.name = "module"};

/* --- exceptions --- */

static jmp_buf raised;

/* The stand-in has no way back into a buffer: whoever raises within one ends the program. */
unsigned int nlr_push_tail(nlr_buf_t *nlr)
{
    nlr->prev = MP_STATE_THREAD(nlr_top);
    MP_STATE_THREAD(nlr_top) = nlr;
    return 0;
}
unsigned int nlr_push(nlr_buf_t *nlr) { return nlr_push_tail(nlr); }
void nlr_pop(void) { MP_STATE_THREAD(nlr_top) = MP_STATE_THREAD(nlr_top)->prev; }
void nlr_jump(void *val) { (void)val, exit(4); }
void mp_raise_msg(const mp_obj_type_t *type, const char *text)
{
    printf("%s: %s\n", type->name, text);
    longjmp(raised, 1);
}
void mp_raise_msg_varg(const mp_obj_type_t *type, const char *text, ...) { mp_raise_msg(type, text); }
void mp_raise_ValueError(const char *text) { mp_raise_msg(&mp_type_ValueError, text); }
void mp_raise_NotImplementedError(const char *text) { mp_raise_msg(&mp_type_RuntimeError, text); }
void mp_raise_OSError(int error) { (void)error, mp_raise_msg(&mp_type_RuntimeError, "OSError"); }

/* --- objects --- */

mp_obj_t mp_obj_new_bool(mp_int_t value) { return (mp_obj_t)(uintptr_t)(value << 1 | 1); }
bool mp_obj_is_true(mp_obj_t o) { return o != (mp_obj_t)(uintptr_t)&mp_const_false_obj; }
bool mp_obj_get_int_maybe(mp_const_obj_t o, mp_int_t *value) { return (void)o, (void)value, false; }
mp_obj_t mp_obj_new_dict(size_t n) { return (void)n, MP_OBJ_NULL; }
mp_obj_t mp_obj_new_int_from_uint(mp_uint_t value) { return (mp_obj_t)(value << 1 | 1); }
mp_obj_t mp_obj_dict_store(mp_obj_t dict, mp_obj_t key, mp_obj_t value)
{
    if (!((uintptr_t)value & 1))
        return dict;
    printf("%s=%lu\n", qstrs[MP_OBJ_QSTR_VALUE(key)], (unsigned long)((uintptr_t)value >> 1));
    return dict;
}
const char *mp_obj_str_get_data(mp_obj_t o, size_t *len)
{
    *len = strlen(o);
    return o;
}
const byte *qstr_data(qstr q, size_t *len)
{
    *len = strlen(qstrs[q]);
    return (const byte *)qstrs[q];
}
void mp_arg_parse_all(size_t n, const mp_obj_t *args, mp_map_t *named, size_t n_allowed, const mp_arg_t *allowed,
                      mp_arg_val_t *values)
{
    (void)n, (void)args, (void)named;
    for (size_t i = 0; i < n_allowed; i++)
        values[i] = allowed[i].qst == MP_QSTR_refs ? (mp_arg_val_t){.u_bool = true} : allowed[i].defval;
}
int mp_printf(const mp_print_t *print, const char *format, ...)
{
    va_list args;
    (void)print;
    va_start(args, format);
    int n = vprintf(format, args);
    va_end(args);
    return n;
}

/* What is linked and never called here. */
#define UNUSED(type, name, parameters) \
    type name parameters { abort(); }
UNUSED(bool, mp_obj_equal, (mp_obj_t one, mp_obj_t other))
UNUSED(mp_int_t, mp_obj_get_int, (mp_const_obj_t o))
UNUSED(mp_obj_t, mp_obj_new_list, (size_t n, mp_obj_t *items))
UNUSED(mp_obj_t, mp_obj_list_append, (mp_obj_t list, mp_obj_t item))
UNUSED(void, mp_obj_list_set_len, (mp_obj_t list, size_t len))
UNUSED(mp_obj_t, mp_obj_new_int, (mp_int_t value))
UNUSED(bool, mp_obj_is_callable, (mp_obj_t o))
UNUSED(void, mp_load_method_maybe, (mp_obj_t o, qstr name, mp_obj_t *method))
UNUSED(void, mp_obj_print_helper, (const mp_print_t *print, mp_obj_t o, mp_print_kind_t kind))
UNUSED(mp_obj_t, mp_call_function_n_kw, (mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args))
UNUSED(void, mp_arg_check_num, (size_t n_args, size_t n_kw, size_t n_args_min, size_t n_args_max, bool takes_kw))
UNUSED(mp_obj_t, mp_obj_new_tuple, (size_t n, const mp_obj_t *items))
UNUSED(void, mp_obj_print, (mp_obj_t o, int kind))
UNUSED(const char *, mp_obj_str_get_str, (mp_obj_t o))
UNUSED(mp_map_elem_t *, mp_map_lookup, (mp_map_t * map, mp_obj_t index, int kind))
UNUSED(mp_obj_t, mp_obj_new_module, (qstr name))
UNUSED(mp_vm_return_kind_t, mp_execute_bytecode, (mp_code_state_t * code_state, volatile mp_obj_t inject_exc))
UNUSED(mp_uint_t, mp_decode_uint_value, (const byte *ip))
UNUSED(const byte *, mp_decode_uint_skip, (const byte *ip))
UNUSED(size_t, mp_bytecode_get_source_line, (const byte *info, const byte *top, size_t offset))
UNUSED(void, mp_lexer_to_next, (mp_lexer_t * lex))
UNUSED(mp_lexer_t *, mp_lexer_new_from_file, (qstr filename))
UNUSED(mp_parse_tree_t, mp_parse, (mp_lexer_t * lex, mp_parse_input_kind_t kind))
UNUSED(mp_obj_t, mp_compile, (mp_parse_tree_t * tree, qstr source_file, bool is_repl))
UNUSED(mp_obj_t, mp_parse_compile_execute,
       (mp_lexer_t * lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals, mp_obj_dict_t *locals))
UNUSED(void, mp_raw_code_load_file, (qstr filename, mp_compiled_module_t *module))
UNUSED(mp_obj_t, mp_import_name, (qstr name, mp_obj_t fromlist, mp_obj_t level))
UNUSED(mp_obj_t, mp_call_function_0, (mp_obj_t fun))
UNUSED(mp_obj_t, mp_call_function_1, (mp_obj_t fun, mp_obj_t arg))
UNUSED(void, mp_init, (void))
UNUSED(const mp_stream_p_t *, mp_get_stream, (mp_const_obj_t o))
UNUSED(const mp_stream_p_t *, mp_get_stream_raise, (mp_obj_t o, int flags))
UNUSED(mp_uint_t, mp_stream_write_exactly, (mp_obj_t o, const void *bytes, mp_uint_t n, int *error))
UNUSED(bool, mp_sched_schedule, (mp_obj_t function, mp_obj_t arg))
UNUSED(void, mp_event_handle_nowait, (void))

/* --- the supervisor --- */

static int setting(const char *name) { return getenv(name) ? atoi(getenv(name)) : 0; }

safe_mode_t get_safe_mode(void) { return (safe_mode_t)setting("STANDIN_SAFE_MODE"); }
supervisor_run_reason_t supervisor_get_run_reason(void) { return (supervisor_run_reason_t)setting("STANDIN_RUN_REASON"); }

settings_err_t settings_get_int(const char *key, mp_int_t *value)
{
    char name[64];
    snprintf(name, sizeof name, "STANDIN_%s", key);
    if (!getenv(name))
        return SETTINGS_ERR_NOT_FOUND;
    *value = atoi(getenv(name));
    return SETTINGS_OK;
}

static uint32_t stack[6016];
uint32_t *port_stack_get_limit(void) { return stack; }
uint32_t *port_stack_get_top(void) { return stack + MP_ARRAY_SIZE(stack); }

/* --- main --- */

static void *kept[4]; /* the roots */

void gc_collect(void)
{
    gc_collect_start();
    gc_collect_root(kept, MP_ARRAY_SIZE(kept));
    gc_collect_end();
}

/* A list that is scanned and a buffer that is not, each with the address of another block in it. */
static void allocate(void)
{
    void **list = m_malloc(64), **buffer = m_malloc_without_collect(64);
    kept[0] = list;
    kept[1] = buffer;
    list[1] = m_malloc(40);
    buffer[1] = m_malloc(48);
    kept[2] = buffer[1];
}

/* --- objects in the outer heap, and blocks beyond it --- */

void *mp_obj_port_malloc_helper(size_t size, const mp_obj_type_t *type);
mp_obj_t mp_obj_new_port_tuple(size_t n, const mp_obj_t *items);
void circuitpy_free_obj(mp_obj_t object);

static bool add_used(void *block, size_t size, int used, void *sum)
{
    (void)block;
    *(size_t *)sum += used ? size + sizeof size : 0;
    return true;
}

static void say_used(void)
{
    size_t sum = 0;
    tlsf_walk_pool(tlsf_get_pool((tlsf_t)port_heap_get_bottom()), add_used, &sum);
    printf("outer %lu\n", (unsigned long)sum);
}

/* A bus: three pins, of which one is freed; a tuple that stays; what is none; an object of the interpreter's heap. */
static void objects(void)
{
    mp_obj_t pin[3];
    for (int i = 0; i < 3; i++)
        pin[i] = mp_obj_port_malloc_helper(40, &mp_type_module);
    (void)mp_obj_new_port_tuple(3, pin);
    (void)mp_obj_new_port_tuple(0, NULL);
    circuitpy_free_obj(pin[1]);
    circuitpy_free_obj(mp_const_none);
    circuitpy_free_obj(m_malloc(100));
}

/* Blocks that are too large for the heap come, grow, move into it and out of it, and are freed. */
static void beyond(void)
{
    void *a = port_malloc(5 << 20, false), *b = port_malloc(100, false), *c = port_malloc(6 << 20, false);
    a = port_realloc(a, 200, false);
    b = port_realloc(b, 5 << 20, false);
    c = port_realloc(c, 7 << 20, false);
    port_free(c);
    port_free(b);
    (void)a; /* stays */
}

/* While a block is allocated, an interrupt comes that allocates and frees, as lwIP does. */
static void *of_interrupts[2];

static void allocates(void)
{
    of_interrupts[0] = port_malloc(3000, false);
    of_interrupts[1] = port_malloc_zero(500, false);
    port_free(of_interrupts[1]);
}

static void frees(void) { port_free(of_interrupts[0]); }

static void exchanges(void)
{
    port_free(of_interrupts[1]);
    of_interrupts[0] = port_malloc(3000, false);
}

static void interrupted(void)
{
    standin_interrupt = allocates;
    (void)port_malloc(200, false);
    standin_interrupt = frees;
    (void)port_malloc_zero(300, false);
    standin_interrupt = allocates;
    (void)port_malloc(400, false);
}

/* While a block is resized, an interrupt comes that allocates where the block was: it moves, shrinks, leaves the heap. */
static void resized(void)
{
    void *one = port_malloc(4000, false), *other = port_malloc(5000, false), *more = port_malloc(6000, false);
    (void)port_malloc(100, false);
    standin_interrupt = allocates;
    one = port_realloc(one, 8000, false);
    standin_interrupt = frees;
    one = port_realloc(one, 9000, false);
    standin_interrupt = allocates;
    other = port_realloc(other, 1000, false);
    standin_interrupt = allocates;
    more = port_realloc(more, 5 << 20, false);
    (void)one, (void)other, (void)more; /* stay */
}

/* While the next snapshot is written, an interrupt comes that allocates and frees where it has been. */
static void walked(void)
{
    void *hole = port_malloc(4000, false);
    of_interrupts[1] = port_malloc(1000, false);
    port_free(hole);
    standin_interrupt = exchanges;
}

/* settings.toml asks for a heap at start that has no room: the block has the default size, gc_init gets the other. The program
 * then uses all that it was given. */
static void refused(void)
{
    const size_t asked = 64 << 20, least = 2048;
    char *heap = port_malloc(asked, false);
    gc_deinit();
    heap = heap ? heap : port_malloc(least, false);
    gc_init(heap, heap + asked);
    while (m_malloc(400))
        ;
}

size_t gc_get_max_new_split(void);

/* Two requests when the outer heap is full up to the recorder's memory: that would have room for the first. */
static void cramped(void)
{
    (void)port_malloc(gc_get_max_new_split(), false);
    (void)m_malloc(30000);
    (void)m_malloc(3 << 20);
}

/* The heap grows by two areas. */
static void *area[2];

static void grow(size_t first, size_t second)
{
    const size_t size[2] = {first, second};
    for (int i = 0; i < 2; i++) {
        area[i] = port_malloc(size[i], false);
        gc_add(area[i], (char *)area[i] + size[i]);
    }
}

static void start_vm(void)
{
    char *pystack = port_malloc(1024, false), *heap = port_malloc(8192, false);
    MP_STATE_THREAD(pystack_start) = MP_STATE_THREAD(pystack_cur) = (byte *)pystack;
    MP_STATE_THREAD(pystack_end) = (byte *)pystack + 1024;
    gc_init(heap, heap + 8192);
    allocate();
    grow(2048, 4096);
    gc_deinit();
    port_free(area[0]);
    port_free(area[1]);
    port_free(heap);
    port_free(pystack);
}

static void call_one(const standin_function_t *f)
{
    static char label[] = "label";
    if (setjmp(raised))
        return;
    if (f->kind == '0')
        f->of_0();
    else if (f->kind == '1')
        f->of_1(label);
    else if (f->kind == 'v')
        f->of_var(0, NULL);
    else
        f->of_kw(0, NULL, NULL);
}

static void call(const char *name)
{
    if (!strcmp(name, "objects"))
        objects();
    else if (!strcmp(name, "beyond"))
        beyond();
    else if (!strcmp(name, "interrupted"))
        interrupted();
    else if (!strcmp(name, "resized"))
        resized();
    else if (!strcmp(name, "walked"))
        walked();
    else if (!strcmp(name, "refused"))
        refused();
    else if (!strcmp(name, "used"))
        say_used();
    else if (!strcmp(name, "cramped"))
        cramped();
    const mp_map_t *map = &heapstrata_module.globals->map;
    for (size_t i = 0; i < map->used; i++)
        if (!strcmp(qstrs[MP_OBJ_QSTR_VALUE(map->table[i].key)], name))
            call_one(map->table[i].value);
}

int main(int argc, char **argv)
{
    start_vm(); /* as boot.py has it; what follows is the next one */
    char *heap = port_malloc(8192, false);
    gc_init(heap, heap + 8192);
    MP_STATE_THREAD(stack_top) = (char *)&heap;
    MP_STATE_THREAD(stack_limit) = 16384;
    allocate();
    grow(4096, 2048);
    for (int i = 1; i < argc; i++)
        call(argv[i]);
    gc_deinit();
    return 0;
}
