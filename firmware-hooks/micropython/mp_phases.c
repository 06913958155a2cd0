/* SPDX-License-Identifier: MIT
 *
 * Phases: which module is being imported, and whether it is being opened, parsed, compiled, loaded or run. The functions
 * wrapped here are called once per module or import statement, not in a program's loops.
 *
 *   mp_import_name               import statement: phases inside it end with it
 *   mp_obj_new_module              inside one: the module is new, IMPORT begins
 *     mp_lexer_new_from_file       OPEN
 *     mp_parse_compile_execute     code compiled inside it runs until it returns
 *       mp_parse                   PARSE
 *       mp_compile                 COMPILE, then RUN
 *     mp_raw_code_load_file        LOAD, of an .mpy
 *     mp_call_function_0           RUN: the body of a module (.mpy or frozen), or of a script that the port runs
 *
 * An exception that leaves a phase ends it: the wraps' frames are in a list, and a jump ends the phases of those it skips.
 */
#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_parts.h"

#include <string.h>

#include "firmware-hooks/micropython/mp_versions.h"
#include "lib/heapstrata.h"
#include "lib/port.h"
#include "py/builtin.h"
#include "py/compile.h"
#include "py/lexer.h"
#include "py/nlr.h"
#include "py/parse.h"
#include "py/persistentcode.h"
#include "py/runtime.h"

#if HS_WITH_PHASES
#ifndef HS_THREAD_LOCAL
#define HS_THREAD_LOCAL
#endif

enum phase { PHASE_IMPORT = 1, PHASE_OPEN, PHASE_PARSE, PHASE_COMPILE, PHASE_RUN, PHASE_LOAD };

struct phases {
    uint8_t depth;  /* number of open phases */
    uint8_t import; /* depth at the innermost import statement */
    bool importing; /* inside an import statement */
    bool fresh;     /* a module is new, and its body has not started */
    bool executes;  /* the next compiled code runs at once, inside mp_parse_compile_execute */
};

/* On the stack of an active wrap: the state to restore when it ends. */
struct frame {
    struct frame *outer;
    struct phases then;
};

struct thread {
    struct phases now;
    struct frame *frame; /* innermost */
    mp_obj_t compiled;   /* compiled by the port's main program, not yet run; only compared, never used */
};

/* Per thread or core, like `running` in mp_inline.h. */
#ifdef HS_PORT_CORES
static struct thread threads[HS_PORT_CORES];
#define at threads[HS_PORT_CORE()]
#define FORGET() memset(threads, 0, sizeof threads)
#else
static HS_THREAD_LOCAL struct thread at;
#define FORGET() memset(&at, 0, sizeof at)
#endif

/* Records only at level "full": without the layout no block can be charged to a phase. The wraps run the same code at all
 * levels, so that the stack, and so the words that a collection takes as addresses, does not depend on the level. */
static void put(const struct hs_record *record)
{
    if (hs_state != HS_STATE_ON && hs_state != HS_STATE_KEYFRAME_DUE)
        return;
    bool ordered = hs_mp_enter_order();
    hs_record(record);
    hs_mp_leave_order(ordered);
}

static struct hs_text text_of(qstr name)
{
    size_t len = 0;
    const char *text = name ? (const char *)qstr_data(name, &len) : NULL;
    return (struct hs_text){text, (uint32_t)len};
}

static void begin_of(enum phase what, struct hs_text name)
{
    put(&(struct hs_record){.kind = HS_PHASE, .phase = {.phase = what, .depth = at.now.depth, .name = name}});
    at.now.depth++;
}
static void begin(enum phase what, qstr name) { begin_of(what, text_of(name)); }

#if HS_MP_FILENAME_IS_QSTR
static struct hs_text text_of_file(qstr name) { return text_of(name); }
#else
static struct hs_text text_of_file(const char *name) { return (struct hs_text){name, (uint32_t)strlen(name)}; }
#endif

/* Ends all phases deeper than `depth`. */
static void end(uint8_t depth)
{
    if (at.now.depth <= depth)
        return;
    at.now.depth = depth;
    put(&(struct hs_record){.kind = HS_PHASE_END, .phase_end.depth = depth});
}

static void leave(const struct frame *frame)
{
    end(frame->then.depth);
    at.now = frame->then;
    at.frame = frame->outer;
}

void hs_mp_phases_land(const void *nlr)
{
    while (at.frame && (uintptr_t)at.frame < (uintptr_t)nlr)
        leave(at.frame);
}

void hs_mp_phases_forget(void) { FORGET(); }

/* Runs `call` with a frame in the list; `first` and `last` are not interrupted. */
#define WITHIN(first, call, last) \
    do { \
        struct frame frame = {at.frame, at.now}; \
        hs_mp_hold(); \
        at.frame = &frame; \
        first; \
        hs_mp_let_go(); \
        call; \
        hs_mp_hold(); \
        leave(&frame); \
        last; \
        hs_mp_let_go(); \
    } while (0)

/* --- imports ----------------------------------------------------------------------------------------------- */

mp_obj_t __real_mp_import_name(qstr name, mp_obj_t fromlist, mp_obj_t level);
mp_obj_t __wrap_mp_import_name(qstr name, mp_obj_t fromlist, mp_obj_t level);
HS_MP_SAME_TYPE(mp_import_name);
mp_obj_t __wrap_mp_import_name(qstr name, mp_obj_t fromlist, mp_obj_t level)
{
    if (hs_state == HS_STATE_OFF)
        return __real_mp_import_name(name, fromlist, level);
    mp_obj_t module;
    WITHIN((at.now.import = at.now.depth, at.now.importing = true, at.now.fresh = false),
           module = __real_mp_import_name(name, fromlist, level), (void)0);
    return module;
}

mp_obj_t __real_mp_obj_new_module(qstr name);
mp_obj_t __wrap_mp_obj_new_module(qstr name);
HS_MP_SAME_TYPE(mp_obj_new_module);
mp_obj_t __wrap_mp_obj_new_module(qstr name)
{
    if (at.now.importing && hs_state != HS_STATE_OFF) {
        hs_mp_hold();
        end(at.now.import); /* in import a.b, a has been imported */
        begin(PHASE_IMPORT, name);
        at.now.fresh = true;
        hs_mp_let_go();
    }
    return __real_mp_obj_new_module(name);
}

/* --- bodies ------------------------------------------------------------------------------------------------ */

mp_obj_t __real_mp_call_function_0(mp_obj_t fun);
mp_obj_t __wrap_mp_call_function_0(mp_obj_t fun);
HS_MP_SAME_TYPE(mp_call_function_0);
mp_obj_t __wrap_mp_call_function_0(mp_obj_t fun)
{
    if ((fun != at.compiled && !at.now.fresh) || hs_state == HS_STATE_OFF)
        return __real_mp_call_function_0(fun);
    mp_obj_t result;
    at.compiled = MP_OBJ_NULL;
    at.now.fresh = false;
    WITHIN((at.now.importing = false, begin(PHASE_RUN, 0)), result = __real_mp_call_function_0(fun), (void)0);
    return result;
}

/* --- source ------------------------------------------------------------------------------------------------- */

#if MICROPY_ENABLE_COMPILER
mp_parse_tree_t __real_mp_parse(mp_lexer_t *lex, mp_parse_input_kind_t kind);
mp_parse_tree_t __wrap_mp_parse(mp_lexer_t *lex, mp_parse_input_kind_t kind);
HS_MP_SAME_TYPE(mp_parse);
mp_parse_tree_t __wrap_mp_parse(mp_lexer_t *lex, mp_parse_input_kind_t kind)
{
    if (hs_state == HS_STATE_OFF)
        return __real_mp_parse(lex, kind);
    mp_parse_tree_t tree;
    WITHIN(begin(PHASE_PARSE, lex->source_name), tree = __real_mp_parse(lex, kind), (void)0); /* mp_parse frees the lexer */
    return tree;
}

static void compiled(mp_obj_t fun)
{
    if (at.now.executes)
        begin(PHASE_RUN, 0); /* until mp_parse_compile_execute returns */
    else
        at.compiled = fun;
    at.now.executes = at.now.fresh = false;
}

mp_obj_t __real_mp_compile(mp_parse_tree_t *tree, qstr source_file, bool is_repl);
mp_obj_t __wrap_mp_compile(mp_parse_tree_t *tree, qstr source_file, bool is_repl);
HS_MP_SAME_TYPE(mp_compile);
mp_obj_t __wrap_mp_compile(mp_parse_tree_t *tree, qstr source_file, bool is_repl)
{
    if (hs_state == HS_STATE_OFF)
        return __real_mp_compile(tree, source_file, is_repl);
    mp_obj_t fun;
    WITHIN(begin(PHASE_COMPILE, source_file), fun = __real_mp_compile(tree, source_file, is_repl), compiled(fun));
    return fun;
}

mp_obj_t __real_mp_parse_compile_execute(mp_lexer_t *lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals,
                                         mp_obj_dict_t *locals);
mp_obj_t __wrap_mp_parse_compile_execute(mp_lexer_t *lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals,
                                         mp_obj_dict_t *locals);
HS_MP_SAME_TYPE(mp_parse_compile_execute);
mp_obj_t __wrap_mp_parse_compile_execute(mp_lexer_t *lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals,
                                         mp_obj_dict_t *locals)
{
    if (hs_state == HS_STATE_OFF)
        return __real_mp_parse_compile_execute(lex, kind, globals, locals);
    mp_obj_t result;
    /* the body is not part of this import statement: it has import statements of its own */
    WITHIN((frame.then.fresh = false, at.now.executes = true, at.now.importing = false),
           result = __real_mp_parse_compile_execute(lex, kind, globals, locals), (void)0);
    return result;
}

#if MICROPY_READER_POSIX || MICROPY_READER_VFS
mp_lexer_t *__real_mp_lexer_new_from_file(hs_mp_filename_t filename);
mp_lexer_t *__wrap_mp_lexer_new_from_file(hs_mp_filename_t filename);
HS_MP_SAME_TYPE(mp_lexer_new_from_file);
mp_lexer_t *__wrap_mp_lexer_new_from_file(hs_mp_filename_t filename)
{
    if (hs_state == HS_STATE_OFF)
        return __real_mp_lexer_new_from_file(filename);
    mp_lexer_t *lexer;
    WITHIN(begin_of(PHASE_OPEN, text_of_file(filename)), lexer = __real_mp_lexer_new_from_file(filename), (void)0);
    return lexer;
}
#endif
#endif

#if MICROPY_PERSISTENT_CODE_LOAD && MICROPY_HAS_FILE_READER
void __real_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module);
void __wrap_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module);
HS_MP_SAME_TYPE(mp_raw_code_load_file);
void __wrap_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module)
{
    if (hs_state == HS_STATE_OFF) {
        __real_mp_raw_code_load_file(filename, module);
        return;
    }
    WITHIN(begin_of(PHASE_LOAD, text_of_file(filename)), __real_mp_raw_code_load_file(filename, module), (void)0);
}
#endif

#else

void hs_mp_phases_land(const void *nlr) { (void)nlr; }
void hs_mp_phases_forget(void) {}

#define PASS(type, name, parameters, arguments) \
    type __real_##name parameters; \
    type __wrap_##name parameters; \
    type __wrap_##name parameters { return __real_##name arguments; }

PASS(mp_obj_t, mp_import_name, (qstr name, mp_obj_t fromlist, mp_obj_t level), (name, fromlist, level))
PASS(mp_obj_t, mp_obj_new_module, (qstr name), (name))
PASS(mp_obj_t, mp_call_function_0, (mp_obj_t fun), (fun))
#if MICROPY_ENABLE_COMPILER
PASS(mp_parse_tree_t, mp_parse, (mp_lexer_t * lex, mp_parse_input_kind_t kind), (lex, kind))
PASS(mp_obj_t, mp_compile, (mp_parse_tree_t * tree, qstr source_file, bool is_repl), (tree, source_file, is_repl))
PASS(mp_obj_t, mp_parse_compile_execute,
     (mp_lexer_t * lex, mp_parse_input_kind_t kind, mp_obj_dict_t *globals, mp_obj_dict_t *locals), (lex, kind, globals, locals))
#if MICROPY_READER_POSIX || MICROPY_READER_VFS
PASS(mp_lexer_t *, mp_lexer_new_from_file, (hs_mp_filename_t filename), (filename))
#endif
#endif
#if MICROPY_PERSISTENT_CODE_LOAD && MICROPY_HAS_FILE_READER
void __real_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module);
void __wrap_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module);
void __wrap_mp_raw_code_load_file(hs_mp_filename_t filename, mp_compiled_module_t *module)
{
    __real_mp_raw_code_load_file(filename, module);
}
#endif

#endif
