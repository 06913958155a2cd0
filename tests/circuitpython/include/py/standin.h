/* SPDX-License-Identifier: MIT
 *
 * What the hooks use of CircuitPython, declared as it has it; tests/circuitpython/interpreter.c defines as much as the
 * tests call.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "genhdr/qstrs.h"
#include "py/mpconfig.h"

typedef uint8_t byte;
typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef size_t qstr;
typedef uint16_t qstr_short_t;
typedef void *mp_obj_t;
typedef const void *mp_const_obj_t;
typedef mp_const_obj_t mp_rom_obj_t;
typedef struct {
    void *data;
} mp_print_t;

#define MP_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MP_STRINGIFY_HELPER(x) #x
#define MP_STRINGIFY(x) MP_STRINGIFY_HELPER(x)
#define MP_ERROR_TEXT(text) (text)
#define MPY_VERSION 6

/* --- objects --- */

typedef struct {
    const char *name;
    const void *slot[3];
} mp_obj_type_t;
typedef struct _mp_obj_base_t {
    const mp_obj_type_t *type;
} mp_obj_base_t;
typedef struct {
    mp_obj_t key, value;
} mp_map_elem_t;
typedef struct {
    mp_rom_obj_t key, value;
} mp_rom_map_elem_t;
typedef struct {
    size_t used, alloc;
    bool is_fixed;
    mp_map_elem_t *table;
} mp_map_t;
typedef struct {
    mp_obj_base_t base;
    mp_map_t map;
} mp_obj_dict_t;
typedef struct {
    mp_obj_base_t base;
    mp_obj_dict_t *globals;
} mp_obj_module_t;
typedef struct {
    mp_obj_base_t base;
    size_t alloc, len;
    mp_obj_t *items;
} mp_obj_list_t;

#define MP_OBJ_NULL ((mp_obj_t)0)
#define MP_OBJ_SENTINEL ((mp_obj_t)4)
#define MP_OBJ_NEW_SMALL_INT(n) ((mp_obj_t)((mp_uint_t)(n) << 1 | 1))
#define MP_OBJ_SMALL_INT_VALUE(o) ((mp_int_t)(o) >> 1)
#define MP_OBJ_NEW_QSTR(q) ((mp_obj_t)((uintptr_t)(q) << 3 | 2))
#define MP_OBJ_QSTR_VALUE(o) ((qstr)((uintptr_t)(o) >> 3))
#define MP_OBJ_TO_PTR(o) ((void *)(o))
#define MP_OBJ_FROM_PTR(p) ((mp_obj_t)(uintptr_t)(p))
#define MP_ROM_QSTR(q) MP_OBJ_NEW_QSTR(q)
#define MP_ROM_PTR(p) (p)
#define MP_ROM_FALSE (&mp_const_false_obj)
#define MP_ROM_NONE (&mp_const_none_obj)
#define mp_const_none ((mp_obj_t)(uintptr_t)&mp_const_none_obj)
#define mp_const_false ((mp_obj_t)(uintptr_t)&mp_const_false_obj)

extern const mp_obj_base_t mp_const_none_obj, mp_const_false_obj;
extern const mp_obj_type_t mp_type_RuntimeError, mp_type_ValueError, mp_type_dict, mp_type_fun_bc, mp_type_gen_wrap,
    mp_type_module;

static inline bool mp_obj_is_obj(mp_const_obj_t o) { return !((uintptr_t)o & 3); }
static inline bool mp_obj_is_qstr(mp_const_obj_t o) { return ((uintptr_t)o & 7) == 2; }
static inline bool mp_obj_is_type(mp_const_obj_t o, const mp_obj_type_t *type)
{
    return mp_obj_is_obj(o) && ((const mp_obj_base_t *)o)->type == type;
}
static inline bool mp_map_slot_is_filled(const mp_map_t *map, size_t i) { return map->table[i].key != MP_OBJ_NULL; }

mp_obj_t mp_obj_new_bool(mp_int_t value);
bool mp_obj_equal(mp_obj_t one, mp_obj_t other);
mp_int_t mp_obj_get_int(mp_const_obj_t o);
bool mp_obj_get_int_maybe(mp_const_obj_t o, mp_int_t *value);
bool mp_obj_is_true(mp_obj_t o);
mp_obj_t mp_obj_new_dict(size_t n);
mp_obj_t mp_obj_dict_store(mp_obj_t dict, mp_obj_t key, mp_obj_t value);
mp_obj_t mp_obj_new_int_from_uint(mp_uint_t value);
mp_obj_t mp_obj_new_list(size_t n, mp_obj_t *items);
mp_obj_t mp_obj_list_append(mp_obj_t list, mp_obj_t item);
void mp_obj_list_set_len(mp_obj_t list, size_t len);
mp_obj_t mp_obj_new_int(mp_int_t value);
bool mp_obj_is_callable(mp_obj_t o);
void mp_load_method_maybe(mp_obj_t o, qstr name, mp_obj_t *method);
mp_obj_t mp_obj_new_tuple(size_t n, const mp_obj_t *items);
typedef enum { PRINT_STR, PRINT_REPR } mp_print_kind_t;
void mp_obj_print(mp_obj_t o, int kind);
void mp_obj_print_helper(const mp_print_t *print, mp_obj_t o, mp_print_kind_t kind);
const char *mp_obj_str_get_data(mp_obj_t o, size_t *len);
const char *mp_obj_str_get_str(mp_obj_t o);
const byte *qstr_data(qstr q, size_t *len);
mp_map_elem_t *mp_map_lookup(mp_map_t *map, mp_obj_t index, int kind);
mp_obj_t mp_obj_new_module(qstr name);

/* --- functions and modules --- */

typedef union {
    bool u_bool;
    mp_int_t u_int;
    mp_obj_t u_obj;
    mp_rom_obj_t u_rom_obj;
} mp_arg_val_t;
typedef struct {
    uint16_t qst, flags;
    mp_arg_val_t defval;
} mp_arg_t;
#define MP_ARG_BOOL 1
#define MP_ARG_OBJ 3
void mp_arg_parse_all(size_t n, const mp_obj_t *args, mp_map_t *named, size_t n_allowed, const mp_arg_t *allowed,
                      mp_arg_val_t *values);

typedef struct {
    mp_obj_base_t base;
    union {
        mp_obj_t (*of_0)(void);
        mp_obj_t (*of_1)(mp_obj_t);
        mp_obj_t (*of_var)(size_t, const mp_obj_t *);
        mp_obj_t (*of_kw)(size_t, const mp_obj_t *, mp_map_t *);
    };
    char kind; /* '0', '1', 'v' or 'k' */
} standin_function_t;
typedef standin_function_t mp_obj_fun_builtin_fixed_t;
#define MP_DEFINE_CONST_FUN_OBJ_0(name, f) const standin_function_t name = {.of_0 = f, .kind = '0'}
#define MP_DEFINE_CONST_FUN_OBJ_1(name, f) const standin_function_t name = {.of_1 = f, .kind = '1'}
#define MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name, least, most, f) const standin_function_t name = {.of_var = f, .kind = 'v'}
#define MP_DEFINE_CONST_FUN_OBJ_KW(name, least, f) const standin_function_t name = {.of_kw = f, .kind = 'k'}
#define MP_DEFINE_CONST_DICT(name, from) \
    const mp_obj_dict_t name = {.map = {MP_ARRAY_SIZE(from), MP_ARRAY_SIZE(from), true, (mp_map_elem_t *)(uintptr_t)(from)}}
#define MP_TYPE_FLAG_NONE 0
#define MP_TYPE_FLAG_BINDS_SELF 1
/* One slot, or three: name and function in turn. */
#define STANDIN_SLOT(f) ((const void *)(uintptr_t)(f))
#define STANDIN_SLOTS_1(a, f) STANDIN_SLOT(f)
#define STANDIN_SLOTS_3(a, f, b, g, c, h) STANDIN_SLOT(f), STANDIN_SLOT(g), STANDIN_SLOT(h)
#define STANDIN_SLOTS(_1, _2, _3, _4, _5, _6, slots, ...) slots
#define MP_DEFINE_CONST_OBJ_TYPE(type, type_name, flags, ...) \
    const mp_obj_type_t type = {#type_name, \
                                {STANDIN_SLOTS(__VA_ARGS__, STANDIN_SLOTS_3, 0, 0, 0, STANDIN_SLOTS_1, 0, 0)(__VA_ARGS__)}}
#define MP_REGISTER_MODULE(name, module)
#define MP_REGISTER_ROOT_POINTER(declaration)
extern const mp_obj_module_t heapstrata_module;

/* --- memory --- */

typedef struct _nlr_buf_t {
    struct _nlr_buf_t *prev;
    void *ret_val;
} nlr_buf_t;

typedef struct _mp_state_mem_area_t {
    struct _mp_state_mem_area_t *next;
    byte *gc_alloc_table_start;
    size_t gc_alloc_table_byte_len;
    byte *gc_finaliser_table_start;
    byte *gc_collect_table_start;
    byte *gc_pool_start, *gc_pool_end;
    size_t gc_last_free_atb_index, gc_last_used_block;
} mp_state_mem_area_t;

typedef struct {
    struct {
        mp_state_mem_area_t area;
        int gc_stack_overflow;
        uint16_t gc_auto_collect_enabled;
    } mem;
    struct {
        char *stack_top;
        size_t stack_limit;
        uint16_t gc_lock_depth;
        byte *pystack_start, *pystack_end, *pystack_cur;
        mp_obj_dict_t *dict_locals;
        nlr_buf_t *nlr_top;
    } thread;
    struct {
        mp_obj_t heapstrata_stream;
        uint8_t *heapstrata_chunk;
        mp_obj_dict_t mp_loaded_modules_dict, dict_main;
        char *qstr_last_chunk;
    } vm;
} mp_state_ctx_t;
extern mp_state_ctx_t mp_state_ctx;
#define MP_STATE_MEM(x) (mp_state_ctx.mem.x)
#define MP_STATE_THREAD(x) (mp_state_ctx.thread.x)
#define MP_STATE_VM(x) (mp_state_ctx.vm.x)

typedef struct {
    size_t total, used;
} gc_info_t;
#define GC_COLLECT_FLAG 1
enum { GC_ALLOC_FLAG_HAS_FINALISER = 1, GC_ALLOC_FLAG_DO_NOT_COLLECT = 2 };
void gc_init(void *start, void *end);
void gc_deinit(void);
void gc_add(void *start, void *end);
void gc_collect(void);
void gc_collect_start(void);
void gc_collect_root(void **ptrs, size_t len);
void gc_collect_end(void);
void gc_sweep_all(void);
void *gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void gc_free(void *ptr);
bool gc_alloc_possible(void);
bool gc_ptr_on_heap(const void *ptr);
void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
void gc_info(gc_info_t *info);
void gc_dump_info(const mp_print_t *print);
void *m_malloc(size_t n);
void *m_malloc0(size_t n);
void *m_malloc_maybe(size_t n);
void *m_malloc_helper(size_t n, uint8_t flags);
void *m_malloc_without_collect(size_t n);
void *m_malloc_maybe_without_collect(size_t n);
void *m_malloc_with_finaliser(size_t n);
void *m_realloc(void *p, size_t n);
void *m_realloc_maybe(void *p, size_t n, bool move);
void m_free(void *p);
void *mp_obj_malloc_helper(size_t n, const mp_obj_type_t *type);
void *mp_obj_malloc_with_finaliser_helper(size_t n, const mp_obj_type_t *type);
#define mp_obj_malloc(struct_type, type) ((struct_type *)mp_obj_malloc_helper(sizeof(struct_type), type))
#define m_new(type, n) ((type *)m_malloc(sizeof(type) * (n)))

/* --- bytecode --- */

typedef struct {
    qstr_short_t *qstr_table;
    mp_obj_t *obj_table;
} mp_module_constants_t;
typedef struct {
    mp_obj_module_t module;
    mp_module_constants_t constants;
} mp_module_context_t;
typedef struct _mp_obj_fun_bc_t {
    mp_obj_base_t base;
    const mp_module_context_t *context;
    const byte *bytecode;
} mp_obj_fun_bc_t;
typedef struct {
    mp_obj_fun_bc_t *fun_bc;
    const byte *ip;
    mp_obj_t *sp;
    uint16_t n_state, exc_sp_idx;
    mp_obj_dict_t *old_globals;
    mp_obj_t state[];
} mp_code_state_t;
typedef enum { MP_VM_RETURN_NORMAL } mp_vm_return_kind_t;
#define MP_BC_RETURN_VALUE 0x63
/* Without the bits: nothing here is decoded. */
#define MP_BC_PRELUDE_SIG_DECODE(ip) \
    size_t n_state = *(ip)++, n_exc_stack = 0, scope_flags = 0, n_pos_args = 0, n_kwonly_args = 0, n_def_pos_args = 0; \
    (void)n_state, (void)n_exc_stack, (void)scope_flags, (void)n_pos_args, (void)n_kwonly_args, (void)n_def_pos_args
#define MP_BC_PRELUDE_SIZE_DECODE(ip) \
    size_t n_info = *(ip)++, n_cell = 0; \
    (void)n_info, (void)n_cell
mp_vm_return_kind_t mp_execute_bytecode(mp_code_state_t *code_state, volatile mp_obj_t inject_exc);
mp_uint_t mp_decode_uint_value(const byte *ip);
const byte *mp_decode_uint_skip(const byte *ip);
size_t mp_bytecode_get_source_line(const byte *line_info, const byte *line_info_top, size_t bc_offset);

/* --- compiler, imports --- */

typedef struct {
    qstr source_name;
} mp_lexer_t;
typedef struct {
    void *root;
} mp_parse_tree_t;
typedef int mp_parse_input_kind_t;
typedef struct {
    int n_qstr;
} mp_compiled_module_t;
void mp_lexer_to_next(mp_lexer_t *lex);
mp_lexer_t *mp_lexer_new_from_file(qstr filename);
mp_parse_tree_t mp_parse(mp_lexer_t *lex, mp_parse_input_kind_t kind);
mp_obj_t mp_compile(mp_parse_tree_t *tree, qstr source_file, bool is_repl);
mp_obj_t mp_parse_compile_execute(mp_lexer_t *lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals, mp_obj_dict_t *locals);
void mp_raw_code_load_file(qstr filename, mp_compiled_module_t *module);
mp_obj_t mp_import_name(qstr name, mp_obj_t fromlist, mp_obj_t level);
mp_obj_t mp_call_function_0(mp_obj_t fun);
mp_obj_t mp_call_function_1(mp_obj_t fun, mp_obj_t arg);
mp_obj_t mp_call_function_n_kw(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args);
void mp_arg_check_num(size_t n_args, size_t n_kw, size_t n_args_min, size_t n_args_max, bool takes_kw);
void mp_init(void);

/* --- exceptions, printing, streams, scheduler --- */

unsigned int nlr_push(nlr_buf_t *nlr);
unsigned int nlr_push_tail(nlr_buf_t *nlr);
void nlr_pop(void);
void nlr_jump(void *val) __attribute__((noreturn));
void mp_raise_msg(const mp_obj_type_t *type, const char *text) __attribute__((noreturn));
void mp_raise_msg_varg(const mp_obj_type_t *type, const char *text, ...) __attribute__((noreturn));
void mp_raise_ValueError(const char *text) __attribute__((noreturn));
void mp_raise_NotImplementedError(const char *text) __attribute__((noreturn));
void mp_raise_OSError(int error) __attribute__((noreturn));
extern const mp_print_t mp_plat_print;
int mp_printf(const mp_print_t *print, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define MP_EIO 5
#define MP_STREAM_ERROR ((mp_uint_t)-1)
#define MP_STREAM_OP_WRITE 2
#define mp_is_nonblocking_error(error) ((error) == 11)
typedef struct {
    mp_uint_t (*write)(mp_obj_t o, const void *bytes, mp_uint_t n, int *error);
} mp_stream_p_t;
const mp_stream_p_t *mp_get_stream(mp_const_obj_t o);
const mp_stream_p_t *mp_get_stream_raise(mp_obj_t o, int flags);
mp_uint_t mp_stream_write_exactly(mp_obj_t o, const void *bytes, mp_uint_t n, int *error);
bool mp_sched_schedule(mp_obj_t function, mp_obj_t arg);
void mp_event_handle_nowait(void);

/* Is called in the middle of the next allocation in the outer heap, as an interrupt. */
extern void (*standin_interrupt)(void);

#endif
