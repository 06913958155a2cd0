/* SPDX-License-Identifier: MIT
 *
 * Native callers against small programs compiled on the spot, which print themselves what the right answer
 * is; and the kind table: every rule can be reached.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those four first */
#include <cmocka.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/symbols/symbols.h"

/* A firmware in miniature. Run on the host it prints each caller's distance from hs_anchor, and the
 * fingerprint as the hook computes it. #line gives it the paths of MicroPython's make build. */
static const char firmware[] = "#include <stdint.h>\n"
                               "#define CALL __attribute__((noinline, noclone, used))\n"
                               "void report(long distance);\n"
                               "CALL void hs_anchor(void) { __asm__ volatile(\"\"); }\n"
                               "CALL void *m_malloc(unsigned long n)\n"
                               "{\n"
                               "    report((long)((intptr_t)__builtin_return_address(0) - (intptr_t)hs_anchor));\n"
                               "    return (void *)(n + 8);\n"
                               "}\n"
                               "#line 40 \"../../py/gc.c\"\n"
                               "void *volatile sink;\n"
                               "CALL void mp_obj_new_list(void) { sink = m_malloc(1); sink = 0; }\n"
                               "static inline __attribute__((always_inline)) void mp_map_init(void)\n"
                               "{\n"
                               "    sink = m_malloc(2);\n" /* line 44 */
                               "    sink = 0;\n"
                               "}\n"
                               "#line 640 \"../../py/objdict.c\"\n"
                               "CALL void mp_obj_new_dict(void)\n"
                               "{\n"
                               "    mp_map_init();\n" /* line 642 */
                               "    sink = m_malloc(3);\n"
                               "    sink = 0;\n"
                               "}\n"
                               "#line 9 \"main.c\"\n"
                               "CALL void somebody_else(void) { sink = m_malloc(4); sink = 0; }\n"
                               "CALL __attribute__((noreturn)) void m_malloc_fail(void) { for (;;) __asm__ volatile(\"\"); }\n"
                               "CALL void gen_wrap_call(void) { sink = 0; m_malloc_fail(); }\n"
                               "#ifdef HOSTED\n"
                               "#include <stdio.h>\n"
                               "void report(long distance) { printf(\"%ld\\n\", distance); }\n"
                               "static uint64_t mix(uint64_t hash, void (*function)(void))\n"
                               "{\n"
                               "    uint32_t d = function ? (uint32_t)((uintptr_t)function - (uintptr_t)hs_anchor) : 0;\n"
                               "    for (int i = 0; i < 4; i++) hash = (hash ^ (d >> 8 * i & 255)) * 1099511628211u;\n"
                               "    return hash;\n"
                               "}\n"
                               "int main(void)\n"
                               "{\n"
                               "    mp_obj_new_list(); mp_obj_new_dict(); somebody_else();\n"
                               "    uint64_t h = mix(mix(mix(14695981039346656037u, mp_obj_new_dict), 0), somebody_else);\n"
                               "    printf(\"%llu\\n\", (unsigned long long)h);\n"
                               "    return 0;\n"
                               "}\n"
                               "#else\n"
                               "void report(long distance) { (void)distance; }\n"
                               "void _start(void) { mp_obj_new_list(); mp_obj_new_dict(); somebody_else(); gen_wrap_call(); }\n"
                               "#endif\n";

static char folder[64];

static char *in_folder(const char *name)
{
    static char path[4][128];
    static unsigned turn;

    snprintf(path[turn %= 4], sizeof path[0], "%s/%s", folder, name);
    return path[turn++];
}

static void write_file(const char *path, const void *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static unsigned char *read_whole(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(bytes);
    *n = fread(bytes, 1, 1 << 20, file);
    assert_true(*n > 0 && *n < 1 << 20);
    fclose(file);
    return bytes;
}

/* Returns whether `compiler` made folder/name of the firmware. */
static bool compile(const char *compiler, const char *flags, const char *name)
{
    char command[512];

    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", compiler);
    if (system(command) != 0)
        return false;
    snprintf(command, sizeof command, "cd %s && %s %s -std=gnu11 -w -o %s firmware.c", folder, compiler, flags, name);
    assert_int_equal(system(command), 0);
    return true;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/hs_symbols_XXXXXX", P_tmpdir);
    if (!mkdtemp(folder))
        return -1;
    write_file(in_folder("firmware.c"), firmware, sizeof firmware - 1);
    return compile("gcc", "-O2 -g -DHOSTED", "host") ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static struct hs_symbols *open_good(const char *name)
{
    struct hs_error error;
    struct hs_symbols *symbols = hs_symbols_open(in_folder(name), &error);

    if (!symbols)
        fail_msg("%s", error.text);
    assert_int_equal(error.code, HS_OK);
    return symbols;
}

/* What the program says about itself: four distances, then the fingerprint. */
struct truth {
    int64_t list, table, dict, other;
    uint64_t fingerprint;
};

static struct truth run_host(const char *name)
{
    struct truth truth;
    FILE *out = popen(in_folder(name), "r");

    assert_non_null(out);
    assert_int_equal(fscanf(out, "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNd64 "%" SCNu64, &truth.list, &truth.table, &truth.dict,
                            &truth.other, &truth.fingerprint),
                     5);
    assert_int_equal(pclose(out), 0);
    return truth;
}

static struct hs_symbol lookup(struct hs_symbols *symbols, int64_t caller)
{
    struct hs_symbol symbol;

    assert_true(hs_symbols_lookup(symbols, caller, &symbol));
    assert_true(symbol.depth >= 1);
    assert_string_equal(symbol.frames[symbol.depth - 1].function, symbol.function);
    return symbol;
}

static void assert_kind(const struct hs_symbol *symbol, const char *name)
{
    assert_string_equal(hs_block_kind(symbol->kind)->name, name);
}

/* ---- names and lines ------------------------------------------------------------------------------ */

static void check_lines(const char *name)
{
    struct truth truth = run_host(name);
    struct hs_symbols *symbols = open_good(name);
    struct hs_symbol symbol;

    assert_true(hs_symbols_has_lines(symbols));
    symbol = lookup(symbols, truth.list);
    assert_string_equal(symbol.function, "mp_obj_new_list");
    assert_int_equal(symbol.depth, 1);
    assert_string_equal(symbol.frames[0].file, "py/gc.c");
    assert_int_equal(symbol.frames[0].line, 41);
    assert_kind(&symbol, "list");

    symbol = lookup(symbols, truth.table);
    assert_string_equal(symbol.function, "mp_obj_new_dict");
    assert_int_equal(symbol.depth, 2);
    assert_string_equal(symbol.frames[0].function, "mp_map_init");
    assert_string_equal(symbol.frames[0].file, "py/gc.c");
    assert_int_equal(symbol.frames[0].line, 44);
    assert_string_equal(symbol.frames[1].file, "py/objdict.c");
    assert_int_equal(symbol.frames[1].line, 642);
    assert_kind(&symbol, "dict table");

    symbol = lookup(symbols, truth.dict);
    assert_string_equal(symbol.function, "mp_obj_new_dict");
    assert_int_equal(symbol.frames[0].line, 643);
    assert_kind(&symbol, "dict");

    symbol = lookup(symbols, truth.other);
    assert_string_equal(symbol.function, "somebody_else");
    assert_kind(&symbol, "other");
    hs_symbols_close(symbols);
}

static void test_lines(void **state)
{
    (void)state;
    check_lines("host");
}

static void test_lines_of_other_builds(void **state)
{
    static const char *const builds[][2] = {
        {"gcc", "-O2 -g -DHOSTED -no-pie"},
        {"gcc", "-O2 -gdwarf-4 -DHOSTED"},
        {"gcc", "-O2 -g -DHOSTED -ffunction-sections -Wl,--gc-sections"},
        {"gcc", "-O2 -g -DHOSTED -m32"}, /* needs gcc-multilib, as the 32-bit firmware does */
        {"clang", "-O2 -g -DHOSTED"},    /* writes no .debug_aranges */
    };

    bool has_m32 = system("echo 'int main(void){}' | gcc -m32 -x c - -o /dev/null 2>/dev/null") == 0;

    (void)state;
    for (size_t i = 0; i < sizeof builds / sizeof *builds; i++) {
        if (strstr(builds[i][1], "-m32") && !has_m32)
            print_message("[  SKIPPED ] no 32-bit gcc: gcc-multilib is not installed\n");
        else if (compile(builds[i][0], builds[i][1], "build"))
            check_lines("build");
        else
            print_message("[  SKIPPED ] no %s here\n", builds[i][0]);
    }
}

static void test_kinds_without_debug_information(void **state)
{
    struct truth truth;
    struct hs_symbols *symbols;
    struct hs_symbol symbol;

    (void)state;
    assert_true(compile("gcc", "-O2 -DHOSTED", "plain"));
    truth = run_host("plain");
    symbols = open_good("plain");
    assert_false(hs_symbols_has_lines(symbols));
    symbol = lookup(symbols, truth.table);
    assert_string_equal(symbol.function, "mp_obj_new_dict");
    assert_int_equal(symbol.depth, 1);
    assert_null(symbol.frames[0].file);
    assert_int_equal(symbol.frames[0].line, 0);
    assert_kind(&symbol, "dict"); /* all that can be told without the inlined function's name */
    symbol = lookup(symbols, truth.list);
    assert_kind(&symbol, "list");
    hs_symbols_close(symbols);
}

static void test_unknown_callers(void **state)
{
    struct hs_symbols *symbols = open_good("host");
    struct hs_symbol symbol;

    (void)state;
    assert_false(hs_symbols_lookup(NULL, 0x1f40, &symbol));
    assert_string_equal(symbol.function, "anchor+0x1f40");
    assert_kind(&symbol, "other");
    assert_int_equal(symbol.depth, 0);
    assert_false(hs_symbols_lookup(NULL, INT64_MIN, &symbol));
    assert_string_equal(symbol.function, "anchor-0x8000000000000000");
    assert_false(hs_symbols_lookup(symbols, 0x10000000, &symbol));
    assert_string_equal(symbol.function, "anchor+0x10000000");
    assert_false(hs_symbols_lookup(symbols, -0x10000000, &symbol));
    assert_string_equal(symbol.function, "anchor-0x10000000");
    assert_false(hs_symbols_has_lines(NULL));
    hs_symbols_close(symbols);
    hs_symbols_close(NULL);
}

/* More callers than the cache starts with, each asked for twice; nothing moves under the user. */
static void test_cache(void **state)
{
    enum { FAR = 3000 };
    struct truth truth = run_host("host");
    struct hs_symbols *symbols = open_good("host");
    struct hs_symbol first = lookup(symbols, truth.table), again, symbol;

    (void)state;
    for (int64_t caller = -FAR; caller < FAR; caller++)
        hs_symbols_lookup(symbols, caller * 16, &symbol);
    again = lookup(symbols, truth.table);
    assert_ptr_equal(first.frames, again.frames);
    assert_string_equal(first.frames[0].file, "py/gc.c");
    hs_symbols_close(symbols);
}

static void test_fingerprint(void **state)
{
    static const char *const names[] = {"mp_obj_new_dict", "no_such_function", "somebody_else"};
    struct truth truth = run_host("host");
    struct hs_symbols *symbols = open_good("host");

    (void)state;
    assert_true(hs_symbols_fingerprint(symbols, names, 3) == truth.fingerprint);
    assert_true(hs_symbols_fingerprint(symbols, names, 2) != truth.fingerprint);
    assert_true(hs_symbols_fingerprint(symbols, names, 0) == 14695981039346656037u);
    assert_true(hs_symbols_fingerprint(NULL, names, 3) == 0);
    hs_symbols_close(symbols);
}

/* ---- other machines ------------------------------------------------------------------------------- */

static uint64_t nm_address(const char *nm, const char *elf, const char *function)
{
    char command[256];
    uint64_t address = 0;
    FILE *out;

    snprintf(command, sizeof command, "%s %s | grep ' %s$'", nm, in_folder(elf), function);
    out = popen(command, "r");
    assert_non_null(out);
    assert_int_equal(fscanf(out, "%" SCNx64, &address), 1);
    assert_int_equal(pclose(out), 0);
    return address;
}

static uint64_t fnv(const uint32_t *values, size_t n)
{
    uint64_t hash = 14695981039346656037u;

    for (size_t i = 0; i < 4 * n; i++)
        hash = (hash ^ (values[i / 4] >> i % 4 * 8 & 255)) * 1099511628211u;
    return hash;
}

struct machine {
    const char *compiler, *flags, *nm;
    int64_t thumb; /* set in return addresses */
};

static void check_machine(struct machine machine)
{
    static const char *const names[] = {"mp_obj_new_list", "gen_wrap_call"};
    struct hs_symbols *symbols;
    struct hs_symbol symbol;
    uint64_t anchor, list, generator, start;

    if (!compile(machine.compiler, machine.flags, "cross")) {
        print_message("[  SKIPPED ] no %s: this machine's programs are NOT tested\n", machine.compiler);
        skip();
    }
    anchor = nm_address(machine.nm, "cross", "hs_anchor") & ~(uint64_t)1;
    list = nm_address(machine.nm, "cross", "mp_obj_new_list") & ~(uint64_t)1;
    generator = nm_address(machine.nm, "cross", "gen_wrap_call") & ~(uint64_t)1;
    start = nm_address(machine.nm, "cross", "report") & ~(uint64_t)1; /* is after gen_wrap_call */
    symbols = open_good("cross");
    symbol = lookup(symbols, ((int64_t)(list - anchor) + 4) | machine.thumb);
    assert_string_equal(symbol.function, "mp_obj_new_list");
    assert_string_equal(symbol.frames[0].file, "py/gc.c");
    assert_int_equal(symbol.frames[0].line, 41);
    assert_kind(&symbol, "list");
    /* The hook's subtraction is one of 32 bits, and a trace may hold it without a sign. */
    symbol = lookup(symbols, (int64_t)(list - anchor) + 4 + ((int64_t)1 << 32));
    assert_string_equal(symbol.function, "mp_obj_new_list");
    /* A call that never returns ends its function: the return address is the next function's. */
    symbol = lookup(symbols, (int64_t)(start - anchor) | machine.thumb);
    assert_string_equal(symbol.function, "gen_wrap_call");
    assert_kind(&symbol, "generator");
    assert_true(hs_symbols_fingerprint(symbols, names, 2) ==
                fnv((uint32_t[]){(uint32_t)(list - anchor), (uint32_t)(generator - anchor)}, 2));
    hs_symbols_close(symbols);
}

static void test_arm(void **state)
{
    (void)state;
    check_machine((struct machine){
        "arm-none-eabi-gcc", "-O2 -g -mthumb -mcpu=cortex-m3 -ffreestanding -nostdlib -fno-toplevel-reorder -falign-functions=2",
        "arm-none-eabi-nm", 1});
}

static void test_riscv(void **state)
{
    (void)state;
    check_machine(
        (struct machine){"riscv64-unknown-elf-gcc",
                         "-O2 -g -march=rv32imc -mabi=ilp32 -ffreestanding -nostdlib -fno-toplevel-reorder -falign-functions=2",
                         "riscv64-unknown-elf-nm", 0});
}

/* Xtensa keeps the register window's increment in the top bits of a return address, over which a sum
 * of 32 bits wraps. No compiler for it is at hand: a 32-bit program whose header says Xtensa does. */
static void test_xtensa(void **state)
{
    unsigned char *bytes;
    size_t n;
    struct hs_symbols *symbols;
    struct hs_symbol symbol;
    int64_t list;

    (void)state;
    if (!compile("arm-none-eabi-gcc", "-O2 -marm -ffreestanding -nostdlib", "cross")) {
        print_message("[  SKIPPED ] no arm-none-eabi-gcc: Xtensa's return addresses are NOT tested\n");
        skip();
    }
    bytes = read_whole(in_folder("cross"), &n);
    ((Elf32_Ehdr *)(void *)bytes)->e_machine = EM_XTENSA;
    write_file(in_folder("xtensa"), bytes, n);
    free(bytes);
    list = (int64_t)(nm_address("arm-none-eabi-nm", "cross", "mp_obj_new_list") -
                     nm_address("arm-none-eabi-nm", "cross", "hs_anchor"));
    symbols = open_good("xtensa");
    symbol = lookup(symbols, (int32_t)((uint32_t)list + 8 + 0x80000000u)); /* CALL8 */
    assert_string_equal(symbol.function, "mp_obj_new_list");
    symbol = lookup(symbols, list + 8);
    assert_string_equal(symbol.function, "mp_obj_new_list");
    hs_symbols_close(symbols);
}

/* ---- bad files ------------------------------------------------------------------------------------ */

static void assert_refused(const char *path, int code)
{
    struct hs_error error = {.code = 1};

    assert_null(hs_symbols_open(path, &error));
    assert_int_equal(error.code, code);
    assert_non_null(strstr(error.text, path));
    assert_true(strlen(error.text) > strlen(path) + 4);
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused(in_folder("missing"), HS_ERR_IO);
    assert_refused(folder, HS_ERR_KIND);
    assert_refused("/dev/null", HS_ERR_KIND);
    assert_refused(in_folder("firmware.c"), HS_ERR_KIND);
    write_file(in_folder("empty"), "", 0);
    assert_refused(in_folder("empty"), HS_ERR_KIND);
    write_file(in_folder("magic"), "\177ELF", 4);
    assert_refused(in_folder("magic"), HS_ERR_KIND);
    assert_true(compile("gcc", "-O2 -DHOSTED -s", "stripped"));
    assert_refused(in_folder("stripped"), HS_ERR_KIND);
    assert_true(compile("gcc", "-O2 -DHOSTED -Dhs_anchor=other", "unhooked"));
    assert_refused(in_folder("unhooked"), HS_ERR_KIND);
}

/* Looks at all it can when the file opens; the sanitizers watch. */
static void try_file(const char *path)
{
    struct hs_error error;
    struct hs_symbols *symbols = hs_symbols_open(path, &error);
    struct hs_symbol symbol;

    if (!symbols) {
        assert_true(error.code < 0 && error.text[0]);
        return;
    }
    assert_int_equal(error.code, HS_OK);
    for (int64_t caller = -64; caller < 512; caller += 4)
        hs_symbols_lookup(symbols, caller, &symbol);
    hs_symbols_close(symbols);
}

/* The section headers lie at the end, so a file cut anywhere is refused. */
static void test_cut(void **state)
{
    size_t n;
    unsigned char *bytes = read_whole(in_folder("host"), &n);
    struct hs_error error;

    (void)state;
    for (size_t length = 0; length < n; length += 1 + n / 300) {
        write_file(in_folder("cut"), bytes, length);
        assert_null(hs_symbols_open(in_folder("cut"), &error));
        assert_true(error.code < 0);
        if (length >= sizeof(Elf64_Ehdr))
            assert_int_equal(error.code, HS_ERR_END);
    }
    free(bytes);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    return *seed ^= *seed << 5;
}

static void test_flipped(void **state)
{
    size_t n;
    unsigned char *bytes = read_whole(in_folder("host"), &n);
    uint32_t seed = 20250421;

    (void)state;
    for (int round = 0; round < 600; round++) {
        unsigned char old[8];
        size_t at[8];
        for (int i = 0; i < 8; i++) {
            at[i] = next_random(&seed) % n;
            old[i] = bytes[at[i]];
            bytes[at[i]] ^= (unsigned char)(1u << next_random(&seed) % 8);
        }
        write_file(in_folder("flipped"), bytes, n);
        try_file(in_folder("flipped"));
        for (int i = 7; i >= 0; i--)
            bytes[at[i]] = old[i];
    }
    free(bytes);
}

/* ---- kinds ---------------------------------------------------------------------------------------- */

static void test_kind_names(void **state)
{
    size_t n = hs_block_kind_count();

    (void)state;
    for (size_t i = 0; i < n; i++) {
        const struct hs_block_kind *kind = hs_block_kind(i);
        assert_true(kind->name && kind->name[0] && kind->what && kind->what[0]);
        assert_int_equal(hs_block_kind_find(kind->name), i); /* unique */
        assert_true((kind->rules == NULL) == (i + 1 == n));
    }
    assert_string_equal(hs_block_kind(n - 1)->name, "other");
    assert_ptr_equal(hs_block_kind(n), hs_block_kind(n - 1));
    assert_ptr_equal(hs_block_kind(SIZE_MAX), hs_block_kind(n - 1));
    assert_int_equal(hs_block_kind_find("no such kind"), n);
}

/* A name that fits the pattern and, as far as possible, no other: a byte no name has for each star. */
static const char *witness(const char *pattern, char *out, size_t room)
{
    size_t i = 0;

    if (!pattern)
        return NULL;
    assert_true(pattern[0] && strlen(pattern) < room);
    assert_null(strpbrk(pattern, "?[\\")); /* only stars, or this test has to learn more */
    for (; pattern[i]; i++)
        out[i] = pattern[i] == '*' ? '\1' : pattern[i];
    out[i] = '\0';
    return out;
}

static const char *or_dash(const char *text) { return text ? text : "-"; }

static void check_rule(const struct hs_block_kind *kind, const struct hs_block_rule *rule)
{
    char function[128], file[128], outer[128];
    struct hs_block_frame frames[2] = {
        {witness(rule->function, function, sizeof function), witness(rule->file, file, sizeof file)},
        {witness(rule->within, outer, sizeof outer), NULL},
    };
    const struct hs_block_rule *found = hs_block_kind_rule(frames, rule->within ? 2 : 1);

    if (found != rule)
        fail_msg("%s: rule %s %s is never reached: %s %s comes first", kind->name, or_dash(rule->function), or_dash(rule->file),
                 or_dash(found ? found->function : NULL), or_dash(found ? found->file : NULL));
    assert_ptr_equal(hs_block_kind(hs_block_kind_match(frames, rule->within ? 2 : 1)), kind);
}

static void test_every_rule_is_reached(void **state)
{
    size_t rules = 0;

    (void)state;
    for (size_t i = 0; i + 1 < hs_block_kind_count(); i++) {
        const struct hs_block_rule *rule = hs_block_kind(i)->rules;
        assert_true(rule->function || rule->file);
        for (; rule->function || rule->file; rule++, rules++)
            check_rule(hs_block_kind(i), rule);
    }
    assert_true(rules > 100);
}

static void assert_match(const char *kind, struct hs_block_frame inner, struct hs_block_frame outer)
{
    struct hs_block_frame frames[] = {inner, outer};
    const char *found = hs_block_kind(hs_block_kind_match(frames, outer.function ? 2 : 1))->name;

    if (strcmp(found, kind) != 0)
        fail_msg("%s in %s: %s, expected %s", inner.function, outer.function ? outer.function : "-", found, kind);
}

static void test_kinds_of_known_callers(void **state)
{
    static const struct {
        const char *kind, *inner, *file, *outer;
    } known[] = {
        {"list", "mp_obj_list_append", "py/objlist.c", NULL},
        {"list", "list_new.part.0", NULL, NULL},
        {"tuple", "mp_obj_new_tuple.isra.0", "py/objtuple.c", NULL},
        {"dict table", "mp_map_rehash.constprop.0.cold", "py/map.c", NULL},
        {"dict table", "mp_map_init", "py/map.c", "mp_obj_new_dict"},
        {"dict", "mp_obj_new_dict", "py/objdict.c", NULL},
        {"set", "mp_set_rehash", "py/map.c", NULL},
        {"str", "vstr_init", "py/vstr.c", NULL},
        {"str", "mp_obj_new_str_copy", "py/objstr.c", "mp_obj_new_str"},
        {"bytes", "mp_obj_new_str_copy", "py/objstr.c", "mp_obj_new_bytes"},
        {"bytearray", "array_new", "py/objarray.c", NULL},
        {"big int", "mpz_need_dig.lto_priv.0", "py/mpz.c", NULL},
        {"str", "mp_obj_int_formatted_impl", "py/objint_mpz.c", NULL},
        {"float", "mp_obj_new_float", "py/objfloat.c", NULL},
        {"float", "mp_obj_new_complex", "py/objcomplex.c", NULL},
        {"function", "mp_obj_new_fun_bc", "py/objfun.c", NULL},
        {"call frame", "fun_bc_call", "py/objfun.c", NULL},
        {"instance", "mp_obj_new_instance", "py/objtype.c", "mp_obj_instance_make_new"},
        {"call arguments", "mp_obj_instance_make_new", "py/objtype.c", NULL},
        {"class", "mp_obj_new_type", "py/objtype.c", NULL},
        {"iterator", "mp_getiter", "py/runtime.c", NULL},
        {"exception", "mp_obj_exception_add_traceback", "py/objexcept.c", NULL},
        {"bytecode", "mp_emit_bc_end_pass", "py/emitbc.c", NULL},
        {"compiler", "emit_bc_new", "py/emitbc.c", NULL},
        {"native code", "emit_native_thumb_new", "py/emitnative.c", NULL},
        {"module constants", "mp_module_context_alloc_tables", "py/bc.h", "mp_compile"},
        {"interned strings", "qstr_add", "py/qstr.c", "qstr_from_strn_helper"},
        {"parse tree", "parser_alloc", "py/parse.c", NULL},
        {"file system", "mp_vfs_lfs2_make_new", "extmod/vfs_lfsx.c", NULL},
        {"file", "mp_vfs_lfs2_file_open", "extmod/vfs_lfsx_file.c", NULL},
        {"device", "machine_timer_create", "ports/esp32/machine_timer.c", NULL},
        /* an allocator's own frame says nothing, whatever it was inlined into does */
        {"list", "m_malloc", "py/malloc.c", "mp_obj_list_init"},
        /* a file decides when no rule knows the function; the path in front of it does not matter */
        {"list", "function_of_a_later_version", "/any/where/py/objlist.c", NULL},
        {"other", "function_of_a_later_version", "/any/where/py/xobjlist.c", NULL},
        {"other", "function_of_a_later_version", NULL, NULL},
        {"other", ".hidden", NULL, NULL},
        {"other", "", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_match(known[i].kind, (struct hs_block_frame){known[i].inner, known[i].file},
                     (struct hs_block_frame){known[i].outer, NULL});
    assert_string_equal(hs_block_kind(hs_block_kind_match(NULL, 0))->name, "other");
}

static void test_function_length(void **state)
{
    (void)state;
    assert_int_equal(hs_block_function_length("gc_alloc"), 8);
    assert_int_equal(hs_block_function_length("gc_alloc.part.0.cold"), 8);
    assert_int_equal(hs_block_function_length(".text"), 5);
    assert_int_equal(hs_block_function_length(""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_lines_of_other_builds),
        cmocka_unit_test(test_kinds_without_debug_information),
        cmocka_unit_test(test_unknown_callers),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_fingerprint),
        cmocka_unit_test(test_arm),
        cmocka_unit_test(test_riscv),
        cmocka_unit_test(test_xtensa),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_kind_names),
        cmocka_unit_test(test_every_rule_is_reached),
        cmocka_unit_test(test_kinds_of_known_callers),
        cmocka_unit_test(test_function_length),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
