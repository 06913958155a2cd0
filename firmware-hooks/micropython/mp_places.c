/* SPDX-License-Identifier: MIT
 *
 * The source of code: file, function and line of an instruction, and the file name of code from the REPL.
 */
#include "firmware-hooks/micropython/mp_inline.h"
#include "py/objfun.h"

static struct hs_text text_of(qstr q)
{
    size_t len;
    const char *data = (const char *)qstr_data(q, &len);
    return (struct hs_text){data, (uint32_t)len};
}

/* Code from the REPL has no file; the sender of a script knows its name. */
static char script[HS_MP_SCRIPT_MAX];
static uint32_t script_len;

void hs_mp_script(struct hs_text name)
{
    uint32_t len = name.len < sizeof script ? name.len : (uint32_t)sizeof script;
    const char *end = name.data + (name.len - len);
    if (len == script_len && !memcmp(script, end, len))
        return;
    memcpy(script, end, len);
    script_len = len;
    hs_mp_forget_code(NULL); /* sites may refer to the old name */
}

void hs_mp_script_forget(void) { script_len = 0; }

static struct hs_text file_of(qstr file)
{
    return script_len && file == MP_QSTR__lt_stdin_gt_ ? (struct hs_text){script, script_len} : text_of(file);
}

/* What the prelude of a function says: as MicroPython decodes it for a traceback. */
struct code {
    const byte *bytecode;
    const byte *start;       /* of its instructions */
    const byte *lines, *end; /* table of lines; NULL: it has none */
    struct hs_text file, function;
};

/* Code compiled without line numbers (mpy-cross -O3, MICROPY_ENABLE_SOURCE_LINE=0) has an empty table. Code that is all in
 * line 1 has one too: an empty table means line 1 only for files such as <stdin>. */
static bool has_lines(const struct code *c, qstr file)
{
    return c->lines < c->end || (MICROPY_ENABLE_SOURCE_LINE && text_of(file).len && text_of(file).data[0] == '<');
}

static void read_code(struct code *c, const struct _mp_obj_fun_bc_t *fun)
{
    const byte *ip = c->bytecode = fun->bytecode;
    MP_BC_PRELUDE_SIG_DECODE(ip);
    MP_BC_PRELUDE_SIZE_DECODE(ip);
    c->end = ip + n_info;
    c->start = ip + n_info + n_cell;
    qstr function = mp_decode_uint_value(ip);
    for (size_t i = 0; i < 1 + n_pos_args + n_kwonly_args; i++)
        ip = mp_decode_uint_skip(ip);
#if MICROPY_EMIT_BYTECODE_USES_QSTR_TABLE
    function = fun->context->constants.qstr_table[function];
    qstr file = fun->context->constants.qstr_table[0];
#else
    qstr file = fun->context->constants.source_file;
#endif
    c->file = file_of(file);
    c->function = text_of(function);
    c->lines = ip;
    if (!has_lines(c, file))
        c->lines = NULL;
    (void)n_state, (void)n_exc_stack, (void)scope_flags, (void)n_def_pos_args;
}

static void find_place(const struct code *c, uintptr_t code, struct hs_place *place)
{
    place->file = c->file;
    place->function = c->function;
    place->offset = (uint32_t)(code - (uintptr_t)c->start);
    place->line = c->lines ? (uint32_t)mp_bytecode_get_source_line(c->lines, c->end, place->offset) : 0;
}

void hs_mp_describe(const struct _mp_obj_fun_bc_t *fun, uintptr_t code, struct hs_place *place)
{
    struct code c;
    read_code(&c, fun);
    find_place(&c, code, place);
}

/* The next site is mostly in the same function. Its code is freed only by a collection or a soft reset. */
static struct code last;

void hs_mp_forget_code(bool (*gone)(uintptr_t code))
{
    last.bytecode = NULL;
    hs_forget(gone);
}

HOT void hs_mp_describe_site(uintptr_t code, struct hs_place *place)
{
    const struct _mp_obj_fun_bc_t *fun = running.code->fun_bc;
    if (place->nested) {
        hs_mp_describe(fun, code, place);
        return;
    }
    if (last.bytecode != fun->bytecode)
        read_code(&last, fun);
    find_place(&last, code, place);
}
